"""Which ids are refused before anything is sent, and how the others stand in the path."""

import enum
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets import APIClient
from abeja_datasets.exceptions import Error, InvalidIdentifier

if TYPE_CHECKING:
    from tests.wrapper.operations import Operation
    from tests.wrapper.scripted import ScriptedServer


class Number:
    """A number as numpy has them: no int, but an integer."""

    def __init__(self, value: int) -> None:
        self._value = value

    def __index__(self) -> int:
        return self._value


class Text(str):
    """A str that prints otherwise."""

    __slots__ = ()

    def __str__(self) -> str:
        return "printed"


class Dataset(enum.StrEnum):
    CATS = "1410805969256"


REFUSED = [
    "",
    ".",
    "..",
    "a\nb",
    "\0",
    "\x7f",
    "a\x9fb",
    "\ud800",
    "a\udfffb",
    Text(".."),
    None,
    True,
    False,
    1.0,
    1.5,
    b"x",
    ["1"],
    {},
    int,
    object(),
    10**5000,
]


def test_what_can_be_no_id_is_refused_and_nothing_is_sent(
    client: APIClient, server: "ScriptedServer", operation: "Operation"
) -> None:
    names = [name for name in operation.arguments if name.endswith("_id")]
    for name, value in product(names, REFUSED):
        with pytest.raises(InvalidIdentifier, match=f"^{name}: ") as caught:
            getattr(client, operation.name)(**{**operation.arguments, name: value})
        assert isinstance(caught.value, Error)
        assert isinstance(caught.value, ValueError)
        assert caught.value.outcome == "not_sent"
        assert caught.value.attempts == ()
        str(caught.value).encode()
    assert not server.requests


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("..", "dataset_id: '..' can't be an id"),
        ("a\nb", "dataset_id: 'a\\nb' holds '\\n', which can't be in an id"),
        (True, "dataset_id: an id is a str or an int, not bool"),
        (None, "dataset_id: an id is a str or an int, not NoneType"),
    ],
)
def test_a_refusal_says_why(client: APIClient, value: Any, message: str) -> None:
    with pytest.raises(InvalidIdentifier) as caught:
        client.get_dataset("1", value)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["iter_datasets", "iter_dataset_items"])
def test_the_ids_of_an_iterator_are_checked_when_it_is_made(client: APIClient, name: str) -> None:
    arguments = ("..",) if name == "iter_datasets" else ("1", "..")
    with pytest.raises(InvalidIdentifier):
        getattr(client, name)(*arguments)


QUOTED: list[tuple[Any, str]] = [
    ("a/b", "a%2Fb"),
    ("/", "%2F"),
    ("a?b", "a%3Fb"),
    ("a#b", "a%23b"),
    ("a b", "a%20b"),
    (" ", "%20"),
    ("é", "%C3%A9"),
    ("日本", "%E6%97%A5%E6%9C%AC"),
    ("😀", "%F0%9F%98%80"),
    ("%2e%2e", "%252e%252e"),
    ("%", "%25"),
    ("...", "..."),
    ("..;", "..%3B"),
    ("../x", "..%2Fx"),
    (".\\.", ".%5C."),
    ("a&b=c+d", "a%26b%3Dc%2Bd"),
    ("\u2028", "%E2%80%A8"),
    ("\u00a0", "%C2%A0"),
    ("a-b_c.d~e", "a-b_c.d~e"),
    ("@:", "%40%3A"),
    (0, "0"),
    (-1, "-1"),
    (2**70, "1180591620717411303424"),
    (Number(42), "42"),
    (Text("own"), "own"),
    (Dataset.CATS, "1410805969256"),
]


def test_every_other_id_is_one_quoted_segment(
    client: APIClient, server: "ScriptedServer", operation: "Operation"
) -> None:
    names = [name for name in operation.arguments if name.endswith("_id")]
    for value, segment in QUOTED:
        server.answer({})
        getattr(client, operation.name)(**{**operation.arguments, **dict.fromkeys(names, value)})
        expected = operation.path
        for name in names:
            expected = expected.replace(f"/{operation.arguments[name]}", f"/{segment}", 1)
        assert server.requests[-1].path == expected
