"""Webhooks and callbacks: their bodies are sent by the API, and the responses to them by its callers."""

from typing import Any

import pytest

from abeja_datasets_contract.diff import compare
from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.reading import parse

HEAD = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n"
OPERATION = """{post: {
  parameters: [{name: X-Id, in: header, schema: {type: string}}],
  requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Event'}}}},
  responses: {'200': {description: ok, content: {
    application/json: {schema: {$ref: '#/components/schemas/Reply'}}}}}}}"""
FORMS = {
    "webhook": "webhooks: {pet: OPERATION}\npaths: {}",
    "callback": "paths: {/x: {post: {operationId: x, responses: {}, callbacks: {pet: {'{$url}': OPERATION}}}}}",
    "referred callback": "paths: {/x: {post: {operationId: x, responses: {}, callbacks: {pet: "
    "{$ref: '#/components/callbacks/C'}}}}}",
}
COMPONENTS = """components:
  callbacks: {C: {'{$url}': OPERATION}}
  schemas:
    Event: {type: object, required: [id], properties: {id: {type: string}, kind: {enum: [a, b]}}}
    Reply: {type: object, required: [seen], properties: {seen: {type: boolean}, note: {type: string}}}
"""
CHANGES = {
    "a property of the body no longer always comes": ("required: [id]", "required: []", "breaking", "compatible"),
    "a property of the body has another type": ("id: {type: string}", "id: {type: integer}", "breaking", "breaking"),
    "a value of the body no longer comes": ("[a, b]", "[a]", "compatible", "warning"),
    "a property of the response is required": ("[seen]", "[seen, note]", "breaking", "compatible"),
    "a property of the response has another type": ("type: boolean", "type: integer", "breaking", "breaking"),
    "a parameter changes": ("schema: {type: string}}]", "schema: {type: integer}}]", "undecided", "undecided"),
    "the media type of the body changes": ("requestBody: {content: {application/json",
                                           "requestBody: {content: {text/json", "undecided", "undecided"),
    "another method": ("{post: {\n", "{put: {\n", "breaking", "breaking"),
    "another status": ("{'200': {description: ok", "{'202': {description: ok", "undecided", "undecided"),
    "another description": ("description: ok", "description: yes", "docs", "docs"),
}  # fmt: skip


def document(form: str, *edits: tuple[str, str]) -> Any:
    text = HEAD + FORMS[form] + "\n" + COMPONENTS
    text = text.replace("OPERATION", OPERATION.replace("\n", "\n      "))
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return parse(text, "document")


def verdict(old: Any, new: Any) -> str:
    counts = compare(old, new).counts
    return next((severity for severity in ("breaking", "undecided", "warning", "compatible", "docs")
                 if counts[severity]), "no change")  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("change", CHANGES)
def test_what_the_api_sends_is_compared_as_responses_and_what_it_receives_as_requests(form: str, change: str) -> None:
    old, new, forth, back = CHANGES[change]
    one, other = document(form), document(form, (old, new))
    assert compare(one, one).findings == []
    assert (verdict(one, other), verdict(other, one)) == (forth, back)


@pytest.mark.parametrize(("form", "edit"), [("webhook", ("webhooks: {pet", "webhooks: {dog")),
                                            ("callback", ("{'{$url}'", "{'{$other}'"))])  # fmt: skip
def test_what_comes_under_another_name_was_removed_and_added(form: str, edit: tuple[str, str]) -> None:
    found = compare(document(form), document(form, edit)).findings
    assert [(each.id, each.severity) for each in found] == [
        (f"{form}-removed", "breaking"),
        (f"{form}-added", "compatible"),
    ]


def test_the_name_of_a_callback_is_not_sent() -> None:
    found = compare(document("callback"), document("callback", ("callbacks: {pet", "callbacks: {dog"))).findings
    assert [(each.id, each.severity) for each in found] == [("callback-renamed", "compatible")]


def test_a_finding_names_the_webhook_and_shows_a_value() -> None:
    found = compare(document("webhook"), document("webhook", ("id: {type: string}", "id: {type: integer}"))).findings
    assert [(each.id, each.operations) for each in found] == [("response-type-changed", ("webhook pet",))]
    assert found[0].counterexample
    assert isinstance(found[0].counterexample.value["id"], int)


@pytest.mark.parametrize("text", ["webhooks: {a: 3}", "webhooks: {a: {post: {responses: {'200': 3}}}}",
                                  "paths: {/x: {post: {responses: {}, callbacks: {a: {'{$u}': 3}}}}}",
                                  "paths: {/x: {post: {responses: {}, callbacks: {a: {$ref: 5}}}}}"])  # fmt: skip
def test_a_malformed_webhook_or_callback_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(DocumentError, match=r"line 3, #/(webhooks|paths).*: not a valid OpenAPI document: .* expected"):
        parse(HEAD + text, "document")
