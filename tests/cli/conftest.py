"""What tests of the commands share."""

import os

import pytest

READ = ("ABEJA_", "PLATFORM_", "SSL_CERT_", "REQUESTS_CA_", "CURL_CA_", "HTTP_", "HTTPS_", "ALL_", "NO_PROXY")


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no environment variable that a client reads."""
    for name in [name for name in os.environ if name.upper().startswith(READ)]:
        monkeypatch.delenv(name)
