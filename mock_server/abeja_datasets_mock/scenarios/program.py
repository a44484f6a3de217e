"""The adapter for a client that is a program, which reads and writes lines of JSON.

For each row it reads `{"url": …, "credential": {…}, "timeout": …, "retries": …}`, makes a client and writes `{}`. Then
it reads calls, `{"operation": …, "arguments": {…}}`. For each it writes `{"result": …}` or
`{"error": {"kind": …, "message": …}}`, with `name`, `outcome` and `attempts` where the client knows them (see
`Classified`). The program ends when its input does.
"""

import contextlib
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from .runner import Adapter, Classified, Target

_PATIENCE = 10.0


class ProgramError(Exception):
    """An error that the program's client raised."""

    def __init__(self, message: str, classified: Classified) -> None:
        super().__init__(message)
        self.classified = classified


class ProgramAdapter:
    """A program with a client in it; a context manager, whose `make` is what `play` takes.

    Args:
        command: what to run, and its arguments.
        environment: its environment variables; None is those of this process.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._command = list(command)
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - running it is what it is given for
            self._command, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None:
            try:
                self._process.communicate(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.communicate()

    @contextlib.contextmanager
    def make(self, target: Target) -> Iterator[Adapter]:
        """Send the program the line that makes a client."""
        self._ask(target._asdict())
        yield self

    def call(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        """Send the program a call, and return its result.

        Raises:
            ProgramError: the client raised an error.
            RuntimeError: the program has ended, or does not write such lines.
        """
        response = self._ask({"operation": operation, "arguments": arguments})
        if "error" not in response:
            return response.get("result")
        error = response["error"]
        known = {name: error[name] for name in Classified._fields if name in error}
        raise ProgramError(str(error.get("message", "")), Classified(**{"kind": "unknown", **known}))

    def classify(self, error: Exception) -> Classified:
        """Return the program's classification of an error."""
        if not isinstance(error, ProgramError):
            raise error
        return error.classified

    def _ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError("the program does not run: use it in a with statement")
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
        line = process.stdout.readline()
        try:
            response = json.loads(line)
        except ValueError:
            response = None
        if not isinstance(response, dict):
            raise RuntimeError(  # noqa: TRY004 - not a wrong type that somebody gave
                f"{self._command[0]}: an object in a line of JSON is needed, not {line[:80]!r}"
            )
        return response
