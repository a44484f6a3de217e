"""The client of abeja-sdk, for the table of scenarios: a program for the environment that abeja-sdk is installed in.

It speaks the protocol of `abeja_datasets_mock.scenarios.program`. Waits between attempts are shortened, to at most
0.05 s each; how it behaves stays as it is.
"""

import json
import os
import sys
import time
from typing import Any

_LONGEST = 0.05


def main() -> None:
    """Respond to each line of standard input with one on standard output."""
    client: Any = None
    for line in sys.stdin:
        message = json.loads(line)
        if "url" in message:
            client = _client(message)
            response: dict[str, Any] = {}
        else:
            try:
                response = {"result": getattr(client, message["operation"])(**message["arguments"])}
            except Exception as error:  # noqa: BLE001 - every error is reported
                response = {"error": {"kind": _kind(error), "message": f"{type(error).__name__}: {error}"}}
        sys.stdout.write(json.dumps(response) + "\n")
        sys.stdout.flush()


def _client(target: dict[str, Any]) -> Any:
    # It reads the URL when it is imported, and all rows have the same one.
    os.environ["ABEJA_API_URL"] = target["url"]
    import abeja.datasets

    # That of abeja-sdk, where this runs; here it has no type.
    make: Any = abeja.datasets.APIClient
    return make(target["credential"], timeout=target["timeout"], max_retry_count=target["retries"])


def _kind(error: Exception) -> str:
    if getattr(error, "status_code", None):
        return f"status {error.status_code}"  # type: ignore[attr-defined] # looked for on the line above
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & {"ConnectionError", "Timeout", "ChunkedEncodingError"}:
        return "connection"
    return "invalid" if "JSONDecodeError" in names else type(error).__name__


if __name__ == "__main__":
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(min(float(seconds), _LONGEST))
    main()
