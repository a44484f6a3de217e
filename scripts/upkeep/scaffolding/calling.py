"""Call each method that was scaffolded once: `python -m upkeep.scaffolding.calling`.

Standard input has, by method, a response of the document: its status, media type and body. The output has what each
method did wrong, by its name: nothing for one that returns what the response says.
"""

import asyncio
import inspect
import json
import sys
from typing import Any

import httpx


def main() -> None:
    """Read the responses, call the methods, and write what went wrong."""
    from abeja_datasets import AsyncAPIClient

    responses: dict[str, dict[str, Any]] = json.load(sys.stdin)
    json.dump({name: asyncio.run(_tried(AsyncAPIClient, name, said)) for name, said in responses.items()}, sys.stdout)


async def _tried(client_class: Any, name: str, said: dict[str, Any]) -> str:
    """Return why a call fails, or what it returns instead of the body of the response."""
    headers = {"Content-Type": said["media"]} if said["media"] else {}
    transport = httpx.MockTransport(
        lambda _request: httpx.Response(said["status"], content=said["body"].encode(), headers=headers)
    )
    expected = json.loads(said["body"]) if "json" in said["media"] else said["body"] or None
    async with httpx.AsyncClient(transport=transport) as http_client:
        client = client_class({"auth_token": "none"}, max_retry_count=0, http_client=http_client)
        try:
            method = getattr(client_class, name)
            result = await getattr(client, name)(**_arguments(method))
        except Exception as error:  # noqa: BLE001 - it is reported
            return f"it raises {type(error).__name__}: {' '.join(str(error).split())}"
    return "" if result == expected else f"it returns {result!r:.60} for the response {said['body'] or 'nothing'!r:.60}"


def _arguments(method: Any) -> dict[str, Any]:
    """Return an argument of its type for each parameter."""
    parameters = list(inspect.signature(method).parameters.values())[1:]
    return {parameter.name: _argument(str(parameter.annotation)) for parameter in parameters}


def _argument(annotation: str) -> Any:
    kind = annotation.partition(" |")[0].removeprefix("<class '").removesuffix("'>")
    if kind.startswith("list"):
        return [_argument(kind[5:-1])]
    if kind.startswith("dict"):
        return {"key": "value"}
    return {"int": 1, "float": 1.5, "bool": True}.get(kind, "value")


if __name__ == "__main__":
    main()
