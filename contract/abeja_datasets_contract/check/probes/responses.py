"""What holds of every response, whatever it is for. The oracle judges them all, on the way."""

from abeja_datasets_contract.check.document import Contract
from abeja_datasets_contract.check.document.sources import Source
from abeja_datasets_contract.check.registry import Add, Stage

STAGE = Stage("responses")


@STAGE.of_document
def _register(contract: Contract, add: Add) -> None:
    for name in contract.operations:
        reads, source = contract.reads(name), Source.operation(name, "responses")
        add(
            contract.responses_of(name, "status"),
            f"{name} responds with a documented status.",
            source,
            None,
            reads=reads,
        )
        if contract.operations[name].has_body:
            add(
                contract.responses_of(name, "body"),
                f"A success of {name} has the documented body.",
                Source.operation(name, "responses", "200", "content"),
                None,
                reads=reads,
            )
        add(
            contract.responses_of(name, "error"),
            f"A refusal of {name} has the documented body.",
            source,
            None,
            reads=reads,
        )


for _name, _promise, _source in (
    (
        "undocumented.error",
        "A refusal of a request that is not a documented operation has the documented body.",
        Source.schema("Error"),
    ),
    ("json", "Each body is JSON (RFC 8259) in UTF-8.", Source.schema("Error")),
    ("media-type", "Each body is declared as the documented media type.", Source.schema("Error")),
    ("timestamps", "Each timestamp is a point in time.", Source.schema("Timestamp")),
    (
        "challenge",
        "Each 401 names the schemes that the server accepts.",
        Source.component("responses", "Unauthorized", "headers", "WWW-Authenticate"),
    ),
    (
        "next-token",
        "X-Next-Token, where it is sent, is a token.",
        Source.operation("list_datasets", "responses", "200", "headers", "X-Next-Token"),
    ),
    ("secrets", "No response echoes a secret.", Source.reference("RFC 9110, section 17.16")),
    ("come", "Each request has a response, whole.", Source.reference("RFC 9112, section 8")),
):
    STAGE.add(f"responses.{_name}", _promise, _source, None, reads=True)
STAGE.add(
    "responses.allow",
    "Each 405 names the methods that are allowed.",
    Source.reference("RFC 9110, section 15.5.6"),
    None,
)
