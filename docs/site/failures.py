"""The tables of errors and of retries, from the modules that decide about them."""

from typing import Final

from docs.site.making import table

from abeja_datasets import exceptions
from abeja_datasets.retry import is_retryable

_ATTEMPTS: Final = (
    ("no connection could be made", False, None),
    ("429", True, 429),
    ("408, 500, 502, 503, 504, or 520 to 530", True, 503),
    ("the request was sent, and no whole response came", True, None),
    ("any other error status", True, 400),
)


def errors() -> str:
    """Return the table of all classes of errors, in Markdown."""
    statuses: dict[type, str] = {exceptions.error_class(status): str(status) for status in range(400, 600)}
    classes = [getattr(exceptions, name) for name in exceptions.__all__]
    kinds = [kind for kind in classes if isinstance(kind, type) and issubclass(kind, exceptions.Error)]
    rows = [
        (f"`{kind.__name__}`", _bases(kind), "" if kind is exceptions.HttpError else statuses.get(kind, ""), _doc(kind))
        for kind in sorted(kinds, key=lambda kind: [base.__name__ for base in reversed(kind.__mro__)])
    ]
    return table(("error", "is also a", "status", "meaning"), rows)


def retries() -> str:
    """Return the table of what follows an attempt that failed, in Markdown."""
    rows = [
        (
            what,
            _decision(idempotent=True, sent=sent, status=status),
            _decision(idempotent=False, sent=sent, status=status),
        )
        for what, sent, status in _ATTEMPTS
    ]
    return table(("outcome of an attempt", "GET, PUT, DELETE", "POST"), rows)


def _decision(*, idempotent: bool, sent: bool, status: int | None) -> str:
    if is_retryable(idempotent=idempotent, sent=sent, status=status):
        return "retry"
    is_unknown = status is None or status >= 500  # noqa: PLR2004 - a failure of the server
    return 'raise, with `outcome="unknown"`' if is_unknown else "raise"


def _bases(kind: type) -> str:
    return ", ".join(f"`{base.__name__}`" for base in kind.__bases__)


def _doc(kind: type) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]
