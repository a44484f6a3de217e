"""Write the sync modules: those of the wrapper are their async sources without `async` and `await` (httpcore's way)."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from upkeep.document.modules import WRAPPER
from upkeep.generation.sync_functions import MODULE, sync_functions

TWINS: Final = {
    WRAPPER / "async_api_client.py": WRAPPER / "api_client.py",
    WRAPPER / "calls/async_raw_responses.py": WRAPPER / "calls/raw_responses.py",
    WRAPPER / "calls/async_entries.py": WRAPPER / "calls/entries.py",
    WRAPPER / "async_session.py": WRAPPER / "session.py",
    WRAPPER / "transports/over_httpx/async_httpx_transport.py": WRAPPER / "transports/over_httpx/httpx_transport.py",
}
"""Each async source, with its sync twin."""

_WORDS: Final = (
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bAwaitable, ", ""),
    (r"\bAwaitable\[((?:[^\[\]]|\[[^\[\]]*\])*)\]", r"\1"),
    (r"\bAsync(?=[A-Z])", ""),
    (r"\basync_(?=[a-z])", ""),
    (r"\bhandle_async_request\b", "handle_request"),
    (r"\bwait_async\b", "wait"),
    (r"\b__a(enter|exit|iter|next)__\b", r"__\1__"),
    (r"\bStopAsyncIteration\b", "StopIteration"),
    (r"\baclose\b", "close"),
    (r"\bis_async=True\b", "is_async=False"),
)
_SENTENCES: Final = {
    "async_api_client.py": {
        "from abeja_datasets.base import BaseClient": "from abeja_datasets.base import SyncClient",
        "class AsyncAPIClient(BaseClient):": "class APIClient(SyncClient):",
        "The low-level client for the Dataset API, for asyncio.": "The low-level client for the Dataset API.",
        """\
    It has the methods of `APIClient`, awaited, and raises the same errors. JSON goes out and comes back as plain dicts
    and lists, untouched. Tasks, threads and event loops may share one client: each event loop has its own connections,
    which close with `close()` or when `asyncio.run` ends the loop.
""": """\
    JSON goes out and comes back as plain dicts and lists, untouched. One client keeps its connections open between
    calls, may be shared by threads, and still works in a forked process. Close it with `close()`, or use it in a
    `with` statement.
""",
        "It stays the caller's to close.": "It stays the caller's to close, and to keep out of forked processes.",
        """`httpx`, or `aiohttp`, which needs the extra `fast` and is faster when
            many calls are under way.""": "`httpx`. (The asyncio client takes `aiohttp` too.)",
        "Close the running event loop's connections;": "Close the connections;",
        'Literal["httpx", "aiohttp"]': 'Literal["httpx"]',
        "works on a page, in a task;": "works on a page, in a thread;",
    },
    "async_session.py": {
        "of the running process and event loop": "of the running process",
        "Close the connections of this process and event loop;": "Close the connections of this process;",
    },
}
"""The sentences that differ; each must be in its source."""


class UnknownSource(Exception):
    """A source lacks a sentence that its twin replaces; the message names both."""


def twins(root: Path) -> dict[Path, str]:
    """Return the text of each sync module, by its path in the project.

    Raises:
        UnknownSource: a sentence that differs in the twin is not in the source any more.
    """
    found = {twin: twin_of(root / source) for source, twin in TWINS.items() if (root / source).exists()}
    return {**found, MODULE: _tidied(sync_functions(root))} if (root / MODULE.parent).exists() else found


def twin_of(source: Path) -> str:
    """Return the sync twin of an async module, formatted."""
    text = source.read_text(encoding="utf-8")
    for sentence, other in _SENTENCES.get(source.name, {}).items():
        if sentence not in text:
            raise UnknownSource(
                f"{source.name} has no {sentence!r} any more; correct scripts/upkeep/generation/twins.py"
            )
        text = text.replace(sentence, other)
    for pattern, replacement in _WORDS:
        text = re.sub(pattern, replacement, text)
    return f"# Generated from {source.name} by scripts/generate; do not edit.\n{_tidied(text)}"


def _tidied(text: str) -> str:
    """Sort the imports, whose names have changed, and format."""
    first_party = "lint.isort.known-first-party=['abeja_datasets', 'abeja_datasets_loading']"
    text = _ruff(text, "check", "--fix", "--quiet", "--select", "I", "--config", first_party)
    return _ruff(text, "format", "--line-length", "120", "--target-version", "py311")


def _ruff(text: str, *arguments: str) -> str:
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), *arguments, "--isolated", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603 - ruff
