"""Draw the picture of ARCHITECTURE.md: the packages with what they import, and the way of one call.

`.venv/bin/python docs/make_pictures.py`, after a change of either; a test fails until then. The imports are read off
the code. The way is recorded of a real call to the mock server, until its request is sent.
"""

import ast
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple
from unittest import mock

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURE: Final = ROOT / "docs" / "pictures" / "architecture.svg"
PACKAGES: Final = {
    "cli": ("abeja_datasets_cli", "the command abeja-datasets, pytest plugins"),
    "loading": ("abeja_datasets_loading", "many items, each exactly once"),
    "wrapper": ("abeja_datasets", "APIClient, AsyncAPIClient, Client"),
    "generated": ("abeja_datasets_openapi", "low-level client, copy of openapi.yaml"),
    "mock_server": ("abeja_datasets_mock", "reference server on SQLite"),
    "contract": ("abeja_datasets_contract", "check and diff"),
}
_WIDE: Final = 275
_HIGH: Final = 52
_ROW: Final = 100
_PLACES: Final = {
    "cli": (20, 60), "loading": (20, 160), "wrapper": (20, 260), "generated": (20, 360),
    "mock_server": (325, 160), "contract": (325, 260), "openapi.yaml": (325, 360),
}  # fmt: skip
_CALL: Final = 640
_CALL_WIDE: Final = 340
_STEP: Final = 46
_INDENT: Final = 40


class Step(NamedTuple):
    """A function on the way of a call.

    Attributes:
        function: its name, with its class.
        module: the module that it is in.
        returned: whether it has returned when the request is sent; the others wait for the response.
    """

    function: str
    module: str
    returned: bool


def imports(folder: str) -> set[str]:
    """Return which of our packages a package imports, and `openapi.yaml` where it reads that."""
    found = set()
    for path in sorted((ROOT / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found |= {name.partition(".")[0] for name in _imported(ast.parse(text))}
        if "openapi.yaml" in text and "find_spec" in text:
            found.add("openapi.yaml")
    if (ROOT / folder / PACKAGES[folder][0] / "openapi.yaml").exists():
        found.add("openapi.yaml")
    ours = {package: name for name, (package, _) in PACKAGES.items()}
    return {ours.get(name, name) for name in found if name in ours or name == "openapi.yaml"} - {folder}


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def way() -> list[Step]:
    """Return the functions of the wrapper that a real call goes through, until its request is sent."""
    import httpx

    from abeja_datasets import APIClient
    from abeja_datasets_mock import RunningServer

    called: list[tuple[Step, Step]] = []
    waiting: set[Step] = set()
    send = httpx.HTTPTransport.handle_request

    def watch(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_back and (step := _step(frame)):
            called.append((step, _step(frame.f_back) or step))

    def sent(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        sys.setprofile(None)
        waiting.update(_stack(sys._getframe()))  # noqa: SLF001 - the documented name
        return send(transport, request)

    with RunningServer() as server, APIClient(server.credential, base_url=server.url) as api_client:
        api_client.list_datasets("1102940376065")  # the first call loads modules
        with mock.patch.object(httpx.HTTPTransport, "handle_request", sent):
            sys.setprofile(watch)
            api_client.list_datasets("1102940376065")
    shown = [step for step, caller in called if step in waiting or caller in waiting]
    return [step._replace(returned=step not in waiting) for step in shown if not step.function.endswith("._session")]


def _step(frame: FrameType) -> Step | None:
    module = frame.f_globals.get("__name__", "")
    if not module.startswith("abeja_datasets."):
        return None
    function = frame.f_code.co_qualname.removesuffix(".__init__")
    return Step(function, module.removeprefix("abeja_datasets.").replace(".", "/") + ".py", returned=False)


def _stack(frame: FrameType | None) -> Iterator[Step]:
    while frame:
        if step := _step(frame):
            yield step
        frame = frame.f_back


def drawn() -> str:
    """Return the picture, as SVG."""
    steps = way()
    height = max(440, 60 + _STEP * (len(steps) + 1))
    parts = "\n".join([*_packages(), *_call(steps)])
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 {height}" width="1000" height="{height}"
 font-family="sans-serif" font-size="14">
<title>The packages with what they import, and the way of one call</title>
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">
<path d="M0 0 8 4 0 8z" fill="#4a5568"/></marker></defs>
<rect width="1000" height="{height}" rx="8" fill="#ffffff"/>
{parts}
</svg>
"""


def _packages() -> Iterator[str]:
    yield _text(20, 38, "Packages: an arrow is an import, a dashed one reads the document", bold=True)
    for name, (package, meaning) in PACKAGES.items():
        # The command line imports everything, in each command that needs it: one word says more than five arrows.
        for target in () if name == "cli" else sorted(imports(name)):
            yield _arrow(name, target)
        yield _box(*_PLACES[name], _WIDE, f"{name}: {package}", meaning)
    yield _text(310, 90, "imports each package below")
    yield _box(*_PLACES["openapi.yaml"], _WIDE, "openapi.yaml", "the contract, written by hand", fill="#fff7e0")


def _arrow(name: str, target: str) -> str:
    (x, y), (to_x, to_y) = _PLACES[name], _PLACES[target]
    dashed = ' stroke-dasharray="5 4"' if target == "openapi.yaml" else ""
    middle = _HIGH / 2
    if x != to_x:
        line = f"M{x + _WIDE} {y + middle}L{to_x} {to_y + middle}"
    elif to_y - y > _ROW:  # past what is between them
        line = f"M{x + _WIDE} {y + middle}h14V{to_y + middle}h-14"
    else:
        line = f"M{x + _WIDE / 2} {y + _HIGH}V{to_y}"
    return _path(line, f'{dashed} marker-end="url(#tip)"')


def _call(steps: list[Step]) -> Iterator[str]:
    yield _text(_CALL, 38, "The way of one call, until its request is sent", bold=True)
    last = Step("httpx.HTTPTransport.handle_request", "or aiohttp, or the caller's http_client", returned=False)
    for number, step in enumerate([*steps, last]):
        y = 60 + _STEP * number
        x = _CALL + (_INDENT if step.returned else 0)
        if step.returned:
            yield _path(f"M{_CALL + 14} {y - 10}V{y + _STEP - 10}M{_CALL + 14} {y + 18}H{x}")
        elif number:
            yield _path(f"M{_CALL + 14} {y - 10}V{y}", ' marker-end="url(#tip)"')
        yield _line(x, y, step)


def _line(x: float, y: float, step: Step) -> str:
    fill = "#ffffff" if step.returned else "#eaf2fb"
    return (
        f'<rect x="{x}" y="{y}" width="{_CALL + _CALL_WIDE - x}" height="36" rx="5" fill="{fill}" stroke="#4a5568"/>'
        + _text(x + 10, y + 16, step.function, bold=not step.returned)
        + _text(x + 10, y + 31, step.module, small=True)
    )


def _box(x: float, y: float, width: float, title: str, meaning: str, *, fill: str = "#eaf2fb") -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{_HIGH}" rx="5" fill="{fill}" stroke="#4a5568"/>'
        + _text(x + 10, y + 22, title, bold=True)
        + _text(x + 10, y + 41, meaning, small=True)
    )


def _path(line: str, style: str = "") -> str:
    return f'<path d="{line}" fill="none" stroke="#4a5568"{style}/>'


def _text(x: float, y: float, text: str, *, bold: bool = False, small: bool = False) -> str:
    style = ' font-weight="bold"' * bold + ' font-size="12"' * small
    return f'<text x="{x}" y="{y}" fill="#1a202c"{style}>{escape(text)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(drawn(), encoding="utf-8")
