"""The names that generated code has for those of a document."""

import re


def snake_case(name: str) -> str:
    """Return a name in snake case, as openapi-python-client makes it for functions, arguments and modules."""
    words = re.sub(r"[^\w. -]", "", name)
    if any(map(str.isupper, words)):
        words = re.sub(r"[A-Z]?[a-z]+", r" \g<0> ", words)  # `listHTTPItems` is `list_http_items`
    return "_".join(re.findall(r"[^\W_]+", words)).lower()
