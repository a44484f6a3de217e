"""Log lines as JSON: every line that a program writes to stderr is then one object."""

import json
import logging
import sys
import threading
import warnings
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

_logger = logging.getLogger("abeja_datasets_mock")


def json_line(**fields: Any) -> str:
    """Build a line: an object with the time and these fields."""
    return json.dumps({"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **fields})


def error_line(message: str) -> str:
    """Build the line for an error that ends the program."""
    return json_line(level="error", logger=_logger.name, message=message)


class JsonFormatter(logging.Formatter):
    """Builds a line with `level`, `logger`, `message` and, after an exception, its traceback as `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        """Build the line of a record."""
        fields = {"level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json_line(**fields)


def write_json() -> None:
    """Write as JSON all that Python itself or a library would write to stderr in this process."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    warnings.simplefilter("default")
    sys.excepthook = _log_exception
    threading.excepthook = lambda hook: _log_exception(hook.exc_type, hook.exc_value, hook.exc_traceback)
    sys.unraisablehook = lambda hook: _log_exception(hook.exc_type, hook.exc_value, hook.exc_traceback)


def _log_exception(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    _logger.error("unexpected: %s", error, exc_info=(kind, error or kind(), traceback))
