"""What importing the library loads, and what only its use does."""

import subprocess
import sys

import pytest


def run(code: str) -> str:
    """Run a program in an interpreter of its own; give what it prints."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


@pytest.mark.parametrize("imported", ["abeja_datasets", "abeja.datasets", "abeja.exceptions"])
def test_importing_stays_light(imported: str) -> None:
    heavy = ["httpx", "httpcore", "attr", "attrs", "asyncio", "dateutil", "anyio", "ssl", "email", "logging"]
    code = f"import sys, {imported}; print([m for m in {heavy} if m in sys.modules])"
    assert run(code) == "[]\n"
    assert run(f"import sys, {imported}; print([m for m in sys.modules if 'abeja_datasets_' in m])") == "[]\n"


def test_making_and_closing_nothing_but_a_client_stays_light() -> None:
    code = """
        import sys
        from abeja_datasets import APIClient, AsyncAPIClient
        clients = APIClient({"auth_token": "t"}), AsyncAPIClient({"auth_token": "t"})
        print([m for m in ("httpx", "attr", "asyncio", "dateutil") if m in sys.modules])
    """
    assert run(code.replace("\n        ", "\n")) == "[]\n"


def test_making_a_client_of_objects_stays_light() -> None:
    code = """
        import sys
        import abeja.datasets
        assert "abeja_datasets.client" not in sys.modules
        dataset_items = abeja.datasets.Client("1", {"auth_token": "t"}).datasets
        names = ("httpx", "attr", "asyncio", "dateutil", "abeja_datasets.content", "abeja_datasets.prefetching",
                 "abeja_datasets.notebooks", "abeja_datasets.typed_dicts")
        print([m for m in names if m in sys.modules])
    """
    assert run(code.replace("\n        ", "\n")) == "[]\n"


def test_models_load_when_asked_for() -> None:
    code = """
        import sys
        import abeja_datasets
        assert "attr" not in sys.modules
        from abeja_datasets import models
        from abeja_datasets.models import Dataset
        assert "attr" in sys.modules
        assert abeja_datasets.models is models
        assert models.Dataset is Dataset
        assert set(models.__all__) == {n for n in dir(models) if n[0].isupper()}
    """
    run(code.replace("\n        ", "\n"))


def test_names_that_load_late_are_listed_and_load_once() -> None:
    code = """
        import sys
        import abeja_datasets
        assert {"AsyncAPIClient", "Client", "models", "parse_timestamp"} <= set(dir(abeja_datasets))
        assert "abeja_datasets.async_api_client" not in sys.modules and "abeja_datasets.timestamps" not in sys.modules
        assert abeja_datasets.AsyncAPIClient is abeja_datasets.async_api_client.AsyncAPIClient
        assert "AsyncAPIClient" in vars(abeja_datasets)
        assert abeja_datasets.parse_timestamp("2018-05-20T13:51:16.010344").year == 2018
        assert abeja_datasets.models.Dataset
    """
    run(code.replace("\n        ", "\n"))


def test_any_other_name_is_an_attribute_error() -> None:
    import abeja_datasets

    with pytest.raises(AttributeError, match=r"module 'abeja_datasets' has no attribute 'nonsense'"):
        abeja_datasets.nonsense  # noqa: B018 - getting it is what fails


def test_an_operation_loads_its_own_module_at_its_first_use() -> None:
    code = """
        import sys
        from abeja_datasets import APIClient
        client = APIClient({"auth_token": "t"}, base_url="http://127.0.0.1:1", max_retry_count=0)
        def loaded():
            return sorted(m.rpartition(".")[2] for m in sys.modules
                          if m.startswith("abeja_datasets_openapi.api.") and m.count(".") == 3)
        assert loaded() == []
        for name, arguments in [
            ("get_dataset", (1, 2)),
            ("delete_dataset", (1, 2)),
            ("create_dataset", (1, "n", "t", {})),
            ("list_datasets", (1,)),
            ("create_dataset_item", (1, 2, [])),
            ("get_dataset_item", (1, 2, 3)),
            ("list_dataset_items", (1, 2)),
            ("update_dataset_item", (1, 2, 3)),
            ("bulk_update_dataset_item", (1, 2)),
            ("delete_dataset_item", (1, 2, 3)),
        ]:
            before = set(loaded())
            try:
                getattr(client, name)(*arguments)
            except Exception as error:
                assert type(error).__name__ == "ConnectionFailed", error
            print(name, *set(loaded()) - before)
        client.close()
    """
    for line in run(code.replace("\n        ", "\n")).splitlines():
        name, loaded = line.split()
        assert name == loaded
