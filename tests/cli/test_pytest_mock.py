"""The pytest plugin, used by tests in a pytest of its own, where warnings are errors."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.sampling import every

pytest_plugins = ["pytester"]
SECONDS = 60


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the entry points, so that it makes no difference whether ours is installed.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("PLATFORM_AUTH_TOKEN", "ABEJA_API_URL"):
        monkeypatch.delenv(name, raising=False)


OPTIONS = ("-p", "abeja_datasets_cli.pytest_mock", "-p", "no:cacheprovider", "-W", "error", "--strict-markers")


def passes(pytester: pytest.Pytester, tests: str, count: int = 1, options: tuple[str, ...] = ()) -> None:
    pytester.makepyfile(tests)
    result = pytester.runpytest_subprocess(*OPTIONS, *options, timeout=SECONDS)
    result.assert_outcomes(passed=count)


def test_the_fixture_as_a_whole(pytester: pytest.Pytester) -> None:
    passes(
        pytester,
        """
        import asyncio, os, subprocess, sys
        import pytest
        from abeja_datasets.exceptions import ConnectionFailed, ServiceUnavailable

        def test_clients(dataset_api):
            org = dataset_api.organization_id
            made = dataset_api.client().create_dataset(org, "n", "custom", {"a": [1]})
            async def read():
                client = dataset_api.async_client()
                return await client.get_dataset(org, made["dataset_id"])
            assert asyncio.run(read())["name"] == "n"
            first, second = dataset_api.requests
            assert (first.method, first.path, first.status) == ("POST", f"/organizations/{org}/datasets/", 201)
            assert (first.operation, second.operation) == ("create_dataset", "get_dataset")
            assert first.json == {"name": "n", "type": "custom", "props": {"a": [1]}}
            assert dataset_api.credential["auth_token"] not in repr(dataset_api.requests) + repr(dataset_api)
            assert first.headers["authorization"] == "[hidden]"

        def test_another_has_nothing_of_it(dataset_api):
            assert dataset_api.client().list_datasets(dataset_api.organization_id, max_results=3) == []
            (request,) = dataset_api.requests
            assert request.query == (("max_results", "3"),) and request.body == b""

        def test_faults(dataset_api):
            dataset_api.faults.add(operations="create_dataset", status=503, count=1)
            with pytest.raises(ServiceUnavailable):
                dataset_api.client().create_dataset("1", "n", "custom", {})
            assert [request.status for request in dataset_api.requests] == [503]
            assert len(dataset_api.faults.applied) == 1

        def test_faults_on_the_wire(dataset_api):
            client = dataset_api.client()
            dataset_api.faults.add(operations="create_dataset", reset_after=True, count=1)
            with pytest.raises(ConnectionFailed) as caught:
                client.create_dataset("1", "n", "custom", {})
            assert caught.value.outcome == "unknown"
            assert [dataset["name"] for dataset in client.list_datasets("1")] == ["n"]
            (record,) = dataset_api.faults.applied
            assert (record.level, record.effect, record.operation) == ("wire", "reset_after", "create_dataset")
            dataset_api.faults.add(refuse=True)
            with pytest.raises(ConnectionFailed) as caught:
                dataset_api.client(max_retry_count=0).list_datasets("1")
            assert caught.value.outcome == "not_sent"
            assert len(dataset_api.client(base_url=dataset_api.server_url).list_datasets("1")) == 1
            assert dataset_api.url != dataset_api.server_url
            first, *_, last = dataset_api.requests
            assert first.headers["host"] == dataset_api.url.removeprefix("http://")
            assert last.headers["host"] == dataset_api.server_url.removeprefix("http://")

        def test_load(dataset_api, tmp_path):
            org = dataset_api.organization_id
            items = [{"source_data": [{"data_uri": "u"}]}] * 3
            (dataset,) = dataset_api.load([{"name": "n", "type": "t", "props": {}}, *items])
            assert dataset_api.requests == []
            assert dataset_api.client().get_dataset(org, dataset["dataset_id"])["total_count"] == 3
            with pytest.raises(ValueError, match=r"^\\[1\\]: "):
                dataset_api.load([{"name": "m", "type": "t", "props": {}}, {"source_data": []}])
            file = tmp_path / "f.jsonl"
            file.write_text('{"name": "m", "type": "t", "props": {}, "organization_id": "7"}')
            dataset_api.load(file)
            assert len(dataset_api.client().list_datasets(org)) == len(dataset_api.client().list_datasets("7")) == 1

        def test_environment(dataset_api):
            code = "from abeja_datasets import APIClient; print(APIClient().list_datasets('1'))"
            environ = {**os.environ, "PLATFORM_AUTH_TOKEN": "other", **dataset_api.environment}
            out = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
            assert out.stdout == "[]\\n"
        """,
        6,
    )


def test_no_token_goes_to_a_proxy(pytester: pytest.Pytester) -> None:
    tests = """
        import os, subprocess, sys
        import pytest
        from abeja_datasets import APIClient

        @pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
        @pytest.mark.parametrize("without", ["", "example.com", "127.0.0.1", "*"])
        @pytest.mark.parametrize("late", [False, True])
        def test_it(request, monkeypatch, variable, without, late):
            monkeypatch.delenv("no_proxy", raising=False)
            monkeypatch.setenv("NO_PROXY", without)
            if not late:
                monkeypatch.setenv(variable, "http://127.0.0.1:1")
            api = request.getfixturevalue("dataset_api")
            monkeypatch.setenv(variable, "http://127.0.0.1:1")
            api.client().list_datasets(api.organization_id)
            APIClient(api.credential, base_url=api.url).list_datasets(api.organization_id)
            assert without in os.environ["NO_PROXY"]

        def test_a_program(dataset_api):
            code = "import sys, abeja_datasets; abeja_datasets.APIClient(max_retry_count=0).list_datasets(1)"
            environ = {**dataset_api.environment, "HTTP_PROXY": "http://127.0.0.1:1"}
            subprocess.run([sys.executable, "-c", code], env=environ, check=True)

        @pytest.fixture(autouse=True, scope="session")
        def restored():
            before = dict(os.environ)
            yield
            assert {**os.environ, "PYTEST_CURRENT_TEST": ""} == {**before, "PYTEST_CURRENT_TEST": ""}
        """
    passes(pytester, tests, 25)


def test_the_shared_one(pytester: pytest.Pytester) -> None:
    passes(
        pytester,
        """
        def test_first(dataset_api_session, dataset_api):
            assert dataset_api_session.url != dataset_api.url
            dataset_api_session.client().create_dataset("1", "n", "custom", {})

        def test_second(dataset_api_session):
            assert len(dataset_api_session.client().list_datasets("1")) == 1
        """,
        2,
    )


def test_it_leaves_nothing(pytester: pytest.Pytester) -> None:
    passes(
        pytester,
        """
        import gc, os, threading
        import pytest

        def files():
            gc.collect()
            return len(os.listdir("/proc/self/fd"))

        seen = []

        @pytest.mark.parametrize("n", range(10))
        def test_some(dataset_api, n):
            dataset_api.client().list_datasets("1")
            if n == 1:
                seen.append(files())
            if n == 9:
                assert files() == seen[0]
                assert threading.active_count() == 2
        """,
        10,
    )


def test_a_missing_extra_is_named(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys; sys.modules['luqum'] = None; sys.modules['luqum.thread'] = None")
    pytester.makepyfile("def test_it(dataset_api): pass")
    result = pytester.runpytest_subprocess("-p", "abeja_datasets_cli.pytest_mock", "-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    expected = "*dataset_api needs luqum*, which is not installed: pip install 'abeja-datasets[[]mock]'*"
    result.stdout.fnmatch_lines([expected])


def test_loading_it_imports_nothing_of_ours(tmp_path: Path) -> None:
    code = (
        "import sys, abeja_datasets_cli.pytest_mock;"
        "heavy = {'abeja', 'abeja_datasets_mock', 'httpx', 'starlette', 'uvicorn', 'yaml', 'attr'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"


LIKE = """
    import pytest

    def like(api):
        client, org = api.client(), api.organization_id
        dataset = client.create_dataset(org, api.url, "custom", {})["dataset_id"]
        item = client.create_dataset_item(org, dataset, [{"data_uri": "u"}])
        return "documented" if "organization_id" in item else "deployed"
"""


def test_a_mark_says_what_the_server_is_like(pytester: pytest.Pytester) -> None:
    tests = """
    def test_without(dataset_api, dataset_api_session):
        assert (like(dataset_api), like(dataset_api_session)) == ("documented", "documented")

    @pytest.mark.dataset_api(like="deployed")
    def test_with(dataset_api):
        assert like(dataset_api) == "deployed"
    """
    passes(pytester, LIKE + tests, 2)


@pytest.mark.parametrize("by", ["option", "ini"])
def test_an_option_or_the_configuration_says_it_for_all(pytester: pytest.Pytester, by: str) -> None:
    tests = """
    def test_without(dataset_api, dataset_api_session):
        assert (like(dataset_api), like(dataset_api_session)) == ("deployed", "deployed")

    @pytest.mark.dataset_api(like="documented")
    def test_with(dataset_api):
        assert like(dataset_api) == "documented"
    """
    # What the command line says goes before the configuration.
    pytester.makeini(f"[pytest]\nabeja_mock_like = {'deployed' if by == 'ini' else 'documented'}")
    passes(pytester, LIKE + tests, 2, ("--abeja-mock-like", "deployed") if by == "option" else ())


def content(folder: Path, text: str) -> None:
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "a").write_text(text)


CONTENT = """
    import os, pathlib
    import pytest
    from abeja_datasets.content import ContentReader

    def read(api):
        reader = ContentReader(api.client())
        text = reader.read("datalake://1/a").decode()
        (kept,) = pathlib.Path(os.environ["ABEJA_STORAGE_DIR_PATH"]).rglob("*/*")
        assert kept.read_text() == text
        assert os.environ["ABEJA_STORAGE_DIR_PATH"] == api.environment["ABEJA_STORAGE_DIR_PATH"]
        reader.close()
        return text
"""


def test_content_is_served_from_a_folder(pytester: pytest.Pytester) -> None:
    tests = """
    @pytest.mark.dataset_api(content="served")
    def test_with(dataset_api):
        assert read(dataset_api) == "marked"
        assert [request.path.split("/")[1] for request in dataset_api.requests] == ["channels", "_content"]

    def test_later(dataset_api, tmp_path):
        (tmp_path / "1").mkdir()
        (tmp_path / "1" / "a").write_text("later")
        dataset_api.serve_content(tmp_path)
        dataset_api.faults.add(half_answer=True, after=1, count=1)
        assert read(dataset_api) == "later"
        (record,) = dataset_api.faults.applied
        assert record.path.startswith("/_content/1/a")
        assert len(dataset_api.requests) == 3
        with pytest.raises(ValueError, match="^content: "):
            dataset_api.serve_content(tmp_path / "nothing")

    def test_session(dataset_api_session):
        assert read(dataset_api_session) == "configured"
    """
    content(pytester.path / "served", "marked")
    content(pytester.path / "others", "configured")
    pytester.makeini("[pytest]\nabeja_mock_content = others")
    passes(pytester, CONTENT + tests, 3)


def test_an_option_names_the_folder_for_all(pytester: pytest.Pytester) -> None:
    content(pytester.path / "served", "given")
    pytester.makeini("[pytest]\nabeja_mock_content = nowhere")
    tests = "    def test(dataset_api):\n        assert read(dataset_api) == 'given'"
    passes(pytester, CONTENT + tests, 1, ("--abeja-mock-content", "served"))


TAKES = '@pytest.mark.dataset_api takes like="deployed" or content="FOLDER", or both, by these names'


@pytest.mark.parametrize(
    ("mark", "options", "problem"),
    every(2, [
        ('content="nowhere"', (), "@pytest.mark.dataset_api: content: '*/nowhere' is not a folder; *"),
        ("content=1", (), "@pytest.mark.dataset_api: content: '1' is not a folder; *"),
        ("other=1", (), TAKES),
        (None, ("--abeja-mock-content", ""), "--abeja-mock-content: content: '' is not a folder; *"),
        (None, ("-o", "abeja_mock_content=x"), "abeja_mock_content: content: '*/x' is not a folder; *"),
        ('like="depolyed"', (), "@pytest.mark.dataset_api: like: 'depolyed' is not one of 'documented', 'deployed'"),
        ('"deployed"', (), TAKES),
        ("", (), TAKES),
        (None, ("--abeja-mock-like", "x"), "--abeja-mock-like: like: 'x' is not one of 'documented', 'deployed'"),
        (None, ("-o", "abeja_mock_like=x"), "abeja_mock_like: like: 'x' is not one of 'documented', 'deployed'"),
    ]),
)  # fmt: skip
def test_any_other_value_is_told(
    pytester: pytest.Pytester, mark: str | None, options: tuple[str, ...], problem: str
) -> None:
    decorator = "" if mark is None else f"@pytest.mark.dataset_api({mark})"
    pytester.makepyfile(f"import pytest\n{decorator}\ndef test(dataset_api): pass\n")
    result = pytester.runpytest_subprocess(*OPTIONS, *options, timeout=SECONDS)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([problem.replace("[", "[[]")])
    result.stdout.no_fnmatch_line("*Traceback*")
