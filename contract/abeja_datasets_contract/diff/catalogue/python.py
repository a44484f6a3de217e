"""The rules for the public names of the packages, by griffe's kinds of breakage, each with an example."""

from typing import NamedTuple


class PythonRule(NamedTuple):
    """A rule of the Python side: its id, what it says, and the source before and after."""

    id: str
    says: str
    old: str
    new: str


PYTHON = (
    PythonRule("python-name-added", "A public name or parameter was added.", "", "def f(): ..."),
    PythonRule("python-object-removed", "A public name was removed.", "def f(): ...", ""),
    PythonRule("python-object-changed-kind", "A public name is now something else, such as a class.", "def f(): ...",
               "class f: ..."),
    PythonRule("python-parameter-removed", "A parameter was removed.", "def f(a): ...", "def f(): ..."),
    PythonRule("python-parameter-moved", "A parameter has another place.", "def f(a, b): ...", "def f(b, a): ..."),
    PythonRule("python-parameter-added-required", "A required parameter was added.", "def f(): ...", "def f(a): ..."),
    PythonRule("python-parameter-changed-kind", "A parameter is passed in another way.", "def f(a): ...",
               "def f(*, a): ..."),
    PythonRule("python-parameter-changed-required", "A parameter is now required.", "def f(a=1): ...", "def f(a): ..."),
    PythonRule("python-parameter-changed-default", "The default of a parameter changed.", "def f(a=1): ...",
               "def f(a=2): ..."),
    PythonRule("python-return-changed-type", "A function returns another type.", "def f() -> int: ...",
               "def f() -> str: ..."),
    PythonRule("python-attribute-changed-type", "An attribute has another type.", "a: int = 1", "a: str = 1"),
    PythonRule("python-attribute-changed-value", "An attribute has another value.", "a = 1", "a = 2"),
    PythonRule("python-class-removed-base", "A class lost one of its bases.", "class A(int): ...", "class A: ..."),
)  # fmt: skip
