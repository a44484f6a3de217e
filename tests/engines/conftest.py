"""Plans on engines and storages that `scripts/test-engines` installs. Without them these tests are skipped."""

import os
import secrets
from collections.abc import Iterator

import pytest
from tests.loading.plans.conftest import Plans, plans

from abeja_datasets_cli.pytest_mock import DatasetApi
from upkeep.ray_cluster import ray_cluster

__all__ = ["Plans", "plans"]


@pytest.fixture
def ray_address(dataset_api: DatasetApi) -> Iterator[str]:
    """A Ray of this machine with two processors, whose workers have the credential."""
    pytest.importorskip("ray", reason="scripts/test-engines installs Ray")
    with ray_cluster({**os.environ, **dataset_api.environment}, 2) as address:
        yield address


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a bucket on an S3 server of this machine."""
    server = pytest.importorskip("moto.server", reason="scripts/test-engines installs moto and s3fs")
    s3fs = pytest.importorskip("s3fs")
    started = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    started.start()
    host, port = started.get_host_and_port()
    values = {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    for name, value in {**values, "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    name = f"bucket-{secrets.token_hex(4)}"  # all servers of a process have the same content
    s3fs.S3FileSystem().mkdir(name)
    yield f"s3://{name}"
    s3fs.S3FileSystem.clear_instance_cache()
    started.stop()
