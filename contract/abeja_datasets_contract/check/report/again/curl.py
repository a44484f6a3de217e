r"""A request as a line for the shell: whatever its bytes, running it sends them again.

POSIX shells (dash, bash, zsh) and curl from 7.43 are all it takes. Secrets stand as shell variables, so that the line
can be passed on. A body that a shell can't hold as an argument, or a terminal can't show, comes from `printf`:

    printf '{"name":"a\000b"}' | curl -i -X POST --data-binary @- 'https://…'

A body too long to print comes from `head` where it is mostly one byte over and over, and else from the HAR of the
traffic, by `jq`, under the number of its exchange.
"""

import re
import shlex
import unicodedata
from urllib.parse import urlsplit

from abeja_datasets_contract.check.results import AUTHORIZATION, OTHER_AUTHORIZATION, Exchange, Sent

PRINTED = 8192
"""As many bytes of a body as are printed; more is no pleasure to paste."""

# What curl or the connection sees to. Any encoding but identity would come back as noise.
_LEFT_TO_CURL = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"}
)
_NAMES = "|".join(variable.removeprefix("$") for variable in (AUTHORIZATION, OTHER_AUTHORIZATION))
# The record also cuts the scheme off in the shell's way, `Basic ${AUTHORIZATION#* }`, and spoils the rest by `$(…)`.
_CUT_OFF = rf"\$\{{(?:{_NAMES})#\* \}}"
_SECRETS = re.compile(rf'(\$\((?:\{{ )?printf %s "{_CUT_OFF}" .*\)|\$(?:{_NAMES})\b|{_CUT_OFF})')
# What the record puts at the end of a body that it cuts.
_CUT = re.compile(rb"\.\.\. \((\d+) bytes\)\Z")
# A variable in text that will be in single quotes: as it is, or as the octal escapes of `printf`.
_VARIABLE = re.compile(r"⟦(\w+)⟧|\\342\\237\\246(\w+)\\342\\237\\247")
_SENDS_LENGTH = frozenset({"POST", "PUT", "PATCH"})
_RUN = re.compile(rb"(.)\1{255,}", re.DOTALL)


def curl(exchange: Exchange, *, quiet: bool = False) -> str:
    """Write the shell line that sends an exchange's request again.

    Args:
        exchange: its URL and its body may hold variables, as `variable` writes them.
        quiet: whether only the body is printed, without the head and the progress.
    """
    sent = exchange.sent
    source, data = _body(sent, exchange.number)
    words = ["curl", "-s" if quiet else "-i", *_method(sent), *_headers(sent), *data, *_url(sent)]
    line = _VARIABLE.sub(lambda match: f"'\"${{{match[1] or match[2]}:?}}\"'", source + " ".join(words))
    return line.replace(":?}\"''", ':?}"')


def variable(name: str) -> str:
    """Return the text that stands for a shell variable in a URL or a body. Where it is empty, the line fails."""
    return f"⟦{name}⟧"


def quote(text: str) -> str:
    """Quote one argument. What can't be shown, or changes when copied, is printed by `printf` instead."""
    if _plain(text):
        return shlex.quote(text)
    return f'"$({_printf(text.encode("utf-8", "surrogatepass"))})"'


def _method(sent: Sent) -> list[str]:
    if sent.method == "HEAD":
        return ["--head"]
    return [] if sent.method == "GET" and _sends_nothing(sent) else ["-X", quote(sent.method)]


def _headers(sent: Sent) -> list[str]:
    words = []
    for name, value in sent.headers:
        if name.lower() in _LEFT_TO_CURL or (name.lower() == "accept" and value == "*/*"):
            continue
        # `Name:` would leave the header out; `Name;` sends it empty.
        words += ["-H", _with_secrets(f"{name}: {value}") if value else quote(f"{name};")]
    if not _sends_nothing(sent) and all(name.lower() != "content-type" for name, _ in sent.headers):
        words += ["-H", "'Content-Type:'"]  # else curl calls it a form
    return words


def _with_secrets(header: str) -> str:
    """Quote a header, its secrets as variables inside double quotes."""
    parts = _SECRETS.split(header)
    if len(parts) > 1 and all(re.fullmatch(r"[\w: -]*", text, re.ASCII) for text in parts[::2]):
        return f'"{header}"'  # nothing in it means something to the shell, but for the variable
    return "".join(f'"{part}"' if index % 2 else quote(part) for index, part in enumerate(parts) if part)


def _body(sent: Sent, number: int) -> tuple[str, list[str]]:
    """Return what stands before curl, and the options that pass it the body."""
    if _sends_nothing(sent):
        return "", []
    body, note = _recorded(sent.body or b"")
    text = body.decode("utf-8", "replace")
    if len(body) <= PRINTED:
        if _plain(text):
            return "", ["--data-raw", shlex.quote(text)]  # raw: `@` at its start names no file
        return f"{_printf(body)} | ", ["--data-binary", "@-"]
    return f"{note}{_runs(body) or _from_har(body, number)} | ", ["--data-binary", "@-"]


def _recorded(body: bytes) -> tuple[bytes, str]:
    """Part a body that the record cut from the note about that, and turn the note into a comment."""
    cut = _CUT.search(body) if len(body) > PRINTED else None
    if cut is None:
        return body, ""
    kept = body[: cut.start()]
    return kept, f"# the record holds {len(kept):,} of the {int(cut[1]):,} bytes that were sent; this sends those\n"


def _url(sent: Sent) -> list[str]:
    words = []
    if any(segment in (".", "..") for segment in urlsplit(sent.url).path.split("/")):
        words.append("--path-as-is")
    if set(sent.url) & set("[]{}"):
        words.append("--globoff")
    return [*words, quote(sent.url)]


def _sends_nothing(sent: Sent) -> bool:
    # Of these methods an empty body is announced as such, by `Content-Length: 0`.
    return not sent.body and sent.method not in _SENDS_LENGTH


def _plain(text: str) -> bool:
    """Return whether text survives showing, copying and pasting: no control or combining characters, no odd spaces."""
    return (
        text.isprintable()
        and "\ufffd" not in text
        and unicodedata.is_normalized("NFC", text)
        and (text.isascii() or not any(unicodedata.combining(character) for character in text))
    )


def _printf(data: bytes) -> str:
    shown = "".join(map(_octal, data))
    if shown.startswith("-"):  # an option, to printf
        shown = "\\055" + shown[1:]
    return f"printf '{shown}'"


def _octal(byte: int) -> str:
    if byte == ord("%"):
        return "%%"
    shown = chr(byte).isprintable() and byte < 0x7F and chr(byte) not in "'\\"  # noqa: PLR2004 - the end of ASCII
    return chr(byte) if shown else f"\\{byte:03o}"


def _runs(body: bytes) -> str | None:
    """Write a long body that is mostly one byte over and over as a group of commands; None where it isn't."""
    commands, end = [], 0
    for run in _RUN.finditer(body):
        if run.start() > end:
            commands.append(_printf(body[end : run.start()]))
        commands.append(f"head -c {len(run[0])} /dev/zero | tr '\\0' '\\{run[1][0]:03o}'")
        end = run.end()
    if end < len(body):
        commands.append(_printf(body[end:]))
    group = f"{{ {'; '.join(commands)}; }}"
    return group if len(group) <= PRINTED else None


def _from_har(body: bytes, number: int) -> str:
    """Return the filter that reads the body from the HAR, by the number of its exchange."""
    try:
        body.decode()
        decoded = ""
    except UnicodeDecodeError:
        decoded = " | base64 -d"
    entry = f'.log.entries[] | select(.comment | startswith("#{number} "))'
    return f"jq -j '{entry} | .request.postData.text' traffic.har{decoded}"
