"""Whose code `abeja.datasets` and `abeja.exceptions` are, alone, beside abeja-sdk and beside what else is there."""

import shutil
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Final

import pytest
from tests.sampling import every
from tests.wrapper.programs import ABEJA_SDK, OURS, WAYS, output, run, write

from abeja_datasets.documented_names import FOLDER

OWNERS: Final = """
    import importlib

    def owner(name):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            return "missing"
        return "ours" if module.__name__.startswith("abeja_datasets") else "theirs"

    def owners():
        return " ".join(owner(f"abeja.{name}") for name in ("datasets", "exceptions", "datalake"))
"""
SHOW: Final = "from owners import owners; print(owners())"

ALONE, BESIDE, TAKEN_OVER = "ours ours missing\n", "theirs theirs theirs\n", "ours ours theirs\n"


@pytest.fixture
def sdk(tmp_path: Path) -> Path:
    return write(tmp_path / "sdk", ABEJA_SDK)


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    return write(tmp_path / "program", {"owners.py": OWNERS, "data.txt": ""})


def test_beside_abeja_sdk_the_names_are_its_own(cwd: Path, sdk: Path) -> None:
    assert output(SHOW, cwd, path=[sdk]) == BESIDE


@pytest.mark.parametrize("way", ["plain", *WAYS])
def test_alone_they_are_ours(cwd: Path, way: str) -> None:
    assert output(SHOW, cwd, way=way) == ALONE


@pytest.mark.parametrize("way", WAYS)
def test_taken_over_they_are_ours_and_the_rest_abeja_sdks(cwd: Path, sdk: Path, way: str) -> None:
    assert output(SHOW, cwd, way=way, path=[sdk]) == TAKEN_OVER


@pytest.mark.parametrize("way", WAYS)
def test_abeja_sdk_raises_our_classes(cwd: Path, sdk: Path, way: str) -> None:
    program = """
        import abeja
        from abeja import Tracking, VERSION
        from abeja.datalake import Client
        import abeja.exceptions, abeja_datasets.exceptions
        print(abeja.VERSION, Client.error is abeja.exceptions.NotFound is abeja_datasets.exceptions.NotFound)
    """
    assert output(program, cwd, way=way, path=[sdk]) == "2.3.6 True\n"


@pytest.mark.parametrize(("way", "method"), every(4, product(WAYS, ["fork", "spawn", "forkserver"])))
def test_children_inherit_it(cwd: Path, sdk: Path, way: str, method: str) -> None:
    program = f"""
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        from owners import owners

        def put(queue):
            queue.put(owners())

        if __name__ == "__main__":
            context = multiprocessing.get_context("{method}")
            queue = context.SimpleQueue()
            process = context.Process(target=put, args=(queue,))
            process.start()
            print(queue.get())
            process.join()
            with context.Pool(1) as pool:
                print(pool.apply(owners))
            with ProcessPoolExecutor(1, mp_context=context) as executor:
                print(executor.submit(owners).result())
    """
    assert output(program, cwd, way=way, path=[sdk]) == TAKEN_OVER * 3


LATE: Final = ["import abeja", "import abeja.exceptions", "import abeja.datasets", "from abeja.datalake import Client"]


@pytest.mark.parametrize("statement", LATE)
def test_importing_it_too_late_is_a_clear_error(cwd: Path, sdk: Path, statement: str) -> None:
    write(cwd, {"program.py": f"{statement}\nimport abeja_datasets.takeover\n"})
    done = run("program.py", cwd=cwd, path=[sdk])
    assert done.returncode == 1
    message = done.stderr.splitlines()[-1]
    assert message.startswith("ImportError: abeja_datasets.takeover is imported too late")
    assert str(sdk / "abeja" / "exceptions" / "__init__.py") in message
    assert "the first import of the program" in message


@pytest.mark.parametrize("statement", ["import abeja_datasets", "import abeja.datasets", *LATE[:3]])
def test_importing_it_again_or_beside_ours_changes_nothing(cwd: Path, sdk: Path, statement: str) -> None:
    again = f"import abeja_datasets.takeover\n{statement}\nfrom abeja_datasets.documented_names import take_over\n"
    program = again + "before = __import__('sys').path[:]\ntake_over()\nassert __import__('sys').path == before\n"
    assert output(program, cwd, path=[sdk]) == ""


def test_it_may_follow_an_import_of_our_own(cwd: Path) -> None:
    program = f"""
        import abeja, abeja.datasets, abeja.exceptions
        first = abeja.datasets
        import abeja_datasets.takeover
        {SHOW}
        import abeja.datasets
        assert abeja.datasets is first
    """
    assert output(program, cwd) == ALONE


def test_a_file_named_abeja_is_named_where_it_is_in_the_way(cwd: Path) -> None:
    write(cwd, {"abeja.py": "", "program.py": "import abeja\nimport abeja_datasets.takeover\n"})
    done = run("program.py", cwd=cwd)
    assert done.returncode == 1
    assert f"loaded already: abeja ({cwd / 'abeja.py'})" in done.stderr.splitlines()[-1]


def test_a_program_named_abeja_runs_once(cwd: Path, sdk: Path) -> None:
    write(cwd, {"abeja.py": "from abeja.datasets import APIClient\nfrom abeja.datalake import Client\nprint('once')\n"})
    done = run(*OURS, "abeja.py", cwd=cwd, path=[sdk])
    assert (done.returncode, done.stdout) == (0, "once\n"), done.stderr


def test_abeja_sdk_is_found_where_the_program_puts_it(cwd: Path, sdk: Path) -> None:
    assert output(f"import sys; sys.path.append({str(sdk)!r})\n" + SHOW, cwd, way="import") == (TAKEN_OVER)


def test_what_python_passes_over_on_its_way_is_passed_over(cwd: Path, sdk: Path) -> None:
    program = f"""
        import pathlib, sys
        sys.path[1:1] = [b"bytes", pathlib.Path("a/path"), "nowhere", "data.txt"]
        class Finder:  # of the old protocol, as six had one
            find_module = staticmethod(lambda name, path=None: None)
        sys.meta_path.insert(0, Finder)
        {SHOW}
    """
    flags = ("-W", "error", "-W", "ignore::ImportWarning")  # which is what Python says of such a finder
    assert output(program, cwd, way="command", path=[sdk], flags=flags) == TAKEN_OVER


def others_namespace(sdk: Path) -> None:
    (sdk / "abeja" / "__init__.py").unlink()
    shutil.rmtree(sdk / "abeja" / "datasets")
    shutil.rmtree(sdk / "abeja" / "exceptions")
    write(sdk, {"abeja/exceptions/readme.txt": "no package: Python takes our module"})
    write(sdk, {"abeja/datalake/client.py": "class Client: pass\n"})


def others_package(sdk: Path) -> None:
    shutil.rmtree(sdk)
    write(sdk, {"abeja/__init__.py": "", "abeja/datalake.py": ""})


def only_bytecode(sdk: Path) -> None:
    others_namespace(sdk)
    write(sdk, {"abeja/datasets/__pycache__/__init__.cpython-311.pyc": ""})


def without_init(sdk: Path) -> None:
    (sdk / "abeja" / "__init__.py").unlink()


def without_exceptions(sdk: Path) -> None:
    shutil.rmtree(sdk / "abeja" / "exceptions")


@pytest.mark.parametrize(
    ("damage", "plain"),
    [
        (others_namespace, TAKEN_OVER),
        (others_package, "missing missing theirs\n"),
        (only_bytecode, TAKEN_OVER),
        (without_init, BESIDE),
        (without_exceptions, None),
    ],
)
def test_beside_another_abeja_and_what_is_left_of_abeja_sdk(
    cwd: Path, sdk: Path, damage: Callable[[Path], None], plain: str | None
) -> None:
    damage(sdk)
    if plain is not None:
        assert output(SHOW, cwd, path=[sdk]) == plain
    for way in WAYS:
        assert output(SHOW, cwd, way=way, path=[sdk]) == TAKEN_OVER


def test_namespaces_of_several_folders_stay_whole(cwd: Path, tmp_path: Path) -> None:
    folders = [write(tmp_path / name, {f"abeja/{name}.py": ""}) for name in ("one", "two")]
    program = "import abeja.one, abeja.two, abeja.datasets; print(abeja.datasets.__name__)"
    for way in ("plain", *WAYS):
        assert output(program, cwd, way=way, path=folders) == "abeja_datasets\n"


def test_a_package_goes_before_a_namespace(cwd: Path, sdk: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", {"abeja/other.py": ""})
    for way in WAYS:
        assert output(SHOW, cwd, way=way, path=[other, sdk]) == TAKEN_OVER


def test_the_folder_of_another_install_is_no_abeja_sdk(cwd: Path, sdk: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "abeja_datasets" / "_takeover"
    shutil.copytree(FOLDER, other)
    assert output(SHOW, cwd, way="command", path=[other, sdk]) == TAKEN_OVER
    assert output(SHOW, cwd, way="path", path=[other, other, sdk]) == TAKEN_OVER
    assert output(SHOW, cwd, path=[other]) == ALONE
