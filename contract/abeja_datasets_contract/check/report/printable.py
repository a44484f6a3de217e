"""Text that a server chose, made fit to be looked at: nothing in it steers a terminal, an editor or a parser."""

import unicodedata

_KEPT = frozenset("\n\t")
# Control and format characters (escape sequences, right-to-left overrides), lone surrogates, line separators.
_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Joins emoji into one; harmless, and without it families fall apart.
_JOINER = "\u200d"
SHORT = 600
"""As many characters of a body as a terminal has patience for."""


def printable(text: str) -> str:
    r"""Write what steers rather than shows as an escape, such as `\x1b`; line ends and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) if _steers(character) else character for character in text)


def no_surrogates(text: str) -> str:
    r"""Write lone surrogates, which most parsers of JSON refuse, as the text of their escape: `\ud800`."""
    return text if text.isascii() else "".join(rf"\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)


def one_line(text: str) -> str:
    """The same, on one line."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def body_text(body: bytes, limit: int = SHORT) -> str:
    r"""Show a body: as text where it is text, with other bytes as `\xff`, and shortened in the middle.

    Args:
        body: as it went over the wire.
        limit: how many characters to show before it is shortened.
    """
    # Four bytes are the longest character, and none of what a cut splits is shown.
    shown = body if len(body) <= 8 * limit else body[: 4 * limit] + body[-4 * limit :]
    text = shown.decode("utf-8", "backslashreplace")
    if len(text) <= limit and shown is body:
        return printable(text)
    tail = limit // 4
    return f"{printable(text[: limit - tail])} […] {printable(text[-tail:])}"


def size(count: int) -> str:
    """Write a number of bytes, such as `1 byte` or `10,485,761 bytes`."""
    return "1 byte" if count == 1 else f"{count:,} bytes"


def plural(count: int, noun: str) -> str:
    """Write a number of things, such as `1 clause` or `1,200 clauses`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def seconds(value: float) -> str:
    """Write a time as a person would: `3 ms`, `1.4 s`, `2 min 5 s`."""
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{value:.1f} s"
    return f"{value // 60:.0f} min {value % 60:.0f} s"


def _steers(character: str) -> bool:
    return character not in _KEPT and character != _JOINER and unicodedata.category(character) in _STEERING


def _escaped(character: str) -> str:
    point = ord(character)
    if point <= 0xFF:  # noqa: PLR2004 - what two hexadecimal digits hold
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"  # noqa: PLR2004 - the same with four
