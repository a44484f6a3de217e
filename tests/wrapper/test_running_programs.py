"""`python -m abeja_datasets PROGRAM` does as `python PROGRAM`: the same programs are run by both, and compared."""

import os
import re
import signal
import sys
import zipfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Final

import pytest
from tests.sampling import every
from tests.wrapper.programs import OURS, run, write

SHOW: Final = """
    import __main__, sys
    print(sys.argv)
    print([entry for entry in sys.path if not entry.endswith("_takeover")])
    for name, value in sorted(vars().items()):
        if name not in ("__builtins__", "__main__", "sys"):
            print(name, type(value).__name__, repr(value).partition(" at 0x")[0])
    print(type(__builtins__).__name__, vars(__main__) is globals(), sys.modules["__main__"] is __main__)
"""

FILES: Final = {
    "show.py": SHOW,
    "a b": SHOW,
    "sub/show.py": SHOW,
    "app/__main__.py": "from beside import X\n",
    "app/beside.py": "X = print('beside')\n",
    "shown/__main__.py": SHOW,
    "pkg/__init__.py": "import sys; print('the package', sys.argv)\n",
    "pkg/__main__.py": SHOW,
    "pkg/mod.py": SHOW,
    "raises.py": "def f():\n    raise ValueError('no')\nf()\n",
    "chained.py": "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('no') from error\n",
    "group.py": "raise ExceptionGroup('all', [ValueError(1), KeyError(2)])\n",
    "missing_import.py": "import nothing_of_that_name\n",
    "exits.py": "import sys\nsys.exit(eval(sys.argv[1]))\n",
    "system_exit.py": "raise SystemExit('a message')\n",
    "interrupted.py": "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n",
    "syntax.py": "x = (\n",
    "stdin.py": "import sys\nprint(input(), sys.stdin.read())\n",
    "hook.py": """
        import sys, traceback
        def hook(kind, error, tb):
            print(kind, error, len(traceback.extract_tb(tb)), len(traceback.extract_tb(error.__traceback__)))
        sys.excepthook = hook
        1 / 0
    """,
    "at_exit.py": """
        import atexit, __main__
        X = 1
        atexit.register(lambda: print("at exit", X, __main__.X))
    """,
    "annotated.py": "x: int = 1\nprint(__annotations__)\n",
    "old_annotations.py": "def f(x: undefined): pass\n",
    "pickles.py": """
        import pickle
        class Point:
            x = 1
        print(pickle.dumps(Point, 0), pickle.loads(pickle.dumps(Point())).x)
    """,
    "main_guard.py": "if __name__ == '__main__':\n    print('guarded')\n",
    "own_path.py": "import sys; sys.path.append('sub'); import show\n",
    "warns.py": "import warnings; warnings.warn('mind this', stacklevel=1)\n",
    "abeja_alone.py": "from abeja.datasets import APIClient; from abeja.exceptions import NotFound; print(APIClient)\n",
}

SAME: Final = [
    *(["show.py", *words] for words in ([], ["-m", "x"], ["--path"], ["", "a b", "日本"])),
    *([path] for path in ("./show.py", "sub/../show.py", "sub//show.py", "a b", "link.py", "compiled.pyc")),
    *([path] for path in ("app", "app/", "./app", "shown", "shown/", "shown-link", "program.zip")),
    *([name] for name in FILES if "/" not in name and name not in ("show.py", "a b")),
    *(["exits.py", code] for code in ("0", "3", "-1", "263", "None", "True", "'a message'", "b'x'", "[1]")),
    *([path] for path in ("cookie.py", "mark.py", "/dev/stdin")),
    *(["-m", name, "x", "-y"] for name in ("show", "pkg", "pkg.mod", "sub.show", "shown", "main_guard")),
    ["-m", "json.tool", "--help"],
]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write(tmp_path_factory.mktemp("programs"), {**FILES, "empty/readme.txt": "", "nothing/__init__.py": ""})
    (folder / "link.py").symlink_to("sub/show.py")
    (folder / "shown-link").symlink_to("shown")
    (folder / "cookie.py").write_bytes(b"# -*- coding: latin-1 -*-\nprint(ascii('\xe9'))\n")
    (folder / "mark.py").write_bytes(b"\xef\xbb\xbfprint('a byte order mark')\n")
    (folder / "bytes.py").write_bytes(b"x = '\xe9'\n")
    (folder / "null.py").write_bytes(b"x = 1\0\n")
    compiled = "import py_compile; py_compile.compile('main_guard.py', 'compiled.pyc')"
    assert run("-c", compiled, cwd=folder).returncode == 0
    for name, content in {"program.zip": {"__main__.py": "import beside"}, "empty.zip": {}}.items():
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("beside.py", "print('beside')")
            for path, text in content.items():
                archive.writestr(path, text)
    return folder


def both(words: Sequence[str], programs: Path, flags: Sequence[str] = ("-W", "error")) -> list[tuple[int, str, str]]:
    """Return the exit code, output and errors by Python itself, and by ours."""
    stdin = "print('the program is read')" if words == ["/dev/stdin"] else "one\ntwo\n"
    done = [run(*prefix, *words, cwd=programs, stdin=stdin, flags=flags) for prefix in ((), OURS)]
    return [(each.returncode, each.stdout, each.stderr) for each in done]


@pytest.mark.parametrize("words", every(2, [(words,) for words in SAME]), ids=" ".join)
def test_a_program_does_the_same(programs: Path, words: list[str]) -> None:
    (code, out, err), ours = both(words, programs)
    if words[0] == "-m":
        err = re.sub(r'  File "<frozen runpy>", .*\n', "", err)
    assert ours == (code, out, err)


@pytest.mark.parametrize(
    ("flags", "path"),
    every(
        3,
        product(
            [["-P"], ["-I"], ["-O"], ["-X", "utf8=0"]],
            ["show.py", "link.py", "app", "shown", "program.zip"],
        ),
    ),
)
def test_so_it_does_with_options_of_python(programs: Path, flags: list[str], path: str) -> None:
    python, ours = both([path], programs, flags)
    assert python[0] == 0, python
    assert ours == python


def test_an_interrupt_ends_it_by_that_signal(programs: Path) -> None:
    done = run(*OURS, "interrupted.py", cwd=programs)
    assert done.returncode == -signal.SIGINT


REFUSED: Final = [
    (["missing.py"], "can't open 'missing.py': No such file or directory"),
    (["missing/program.py"], "can't open 'missing/program.py': No such file or directory"),
    (["show.py/program.py"], "can't open 'show.py/program.py': Not a directory"),
    (["empty"], "'empty' has no __main__.py"),
    (["empty.zip"], "'empty.zip' has no __main__.py"),
    (["-m", "missing"], "no module named 'missing'"),
    (["-m", "pkg.missing"], "no module named 'pkg.missing'"),
    (["-m", "missing.module"], "no module named 'missing.module'"),
    (["-m", "show.py"], "no module named 'show.py'"),
    (["-m", "empty"], "no module named 'empty'"),
    (["-m", "nothing"], "no module named 'nothing', or it is a package without a __main__.py"),
    (["-m", "pkg."], "no module named 'pkg.'"),
    (["-m", ".pkg"], "'.pkg' begins with a dot"),
    (["-m", "sys"], "sys has no code that can be run"),
    (["-m", "abeja.datasets.models"], "abeja.datasets.models is abeja_datasets.models"),
]


@pytest.mark.parametrize(("words", "why"), REFUSED)
def test_what_python_cannot_run_is_refused_with_its_exit_code(programs: Path, words: list[str], why: str) -> None:
    (code, _, _), (ours, out, err) = both(words, programs)
    assert ours == code != 0
    assert err.startswith(f"python -m abeja_datasets: {why}")
    assert err.count("\n") == 1
    assert not out or words[1] == "pkg.missing" or words[1] in ("pkg.", "show.py"), "as Python runs what is above it"


@pytest.mark.parametrize("words", [[], [""], ["-x"], ["--paths"], ["-m"], ["--path", "x"], ["-"]])
def test_wrong_use_is_refused(programs: Path, words: list[str]) -> None:
    done = run(*OURS, *words, cwd=programs)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch("python -m abeja_datasets: .*; see python -m abeja_datasets --help\n", done.stderr)


@pytest.mark.parametrize("path", ["bytes.py", "null.py"])
def test_what_is_no_python_is_a_syntax_error(programs: Path, path: str) -> None:
    done = run(*OURS, path, cwd=programs)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("SyntaxError: ")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read any file")
def test_a_program_that_may_not_be_read(programs: Path) -> None:
    (programs / "closed.py").touch(0)
    assert "Permission denied" in run(*OURS, "closed.py", cwd=programs).stderr


@pytest.mark.parametrize("module", ["broken", "broken.module"])
def test_an_error_while_a_package_is_imported_is_shown(tmp_path: Path, module: str) -> None:
    write(tmp_path, {"broken/__init__.py": "import nothing_of_that_name", "broken/module.py": ""})
    done = run(*OURS, "-m", module, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'nothing_of_that_name'"
    assert "abeja_datasets" not in done.stderr


@pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="Python 3.12 forks no process at its end")
def test_a_thread_may_start_processes_after_the_program_has_ended(tmp_path: Path) -> None:
    program = """
        import multiprocessing, threading, time

        def double(x):
            return 2 * x

        def later():
            threading.main_thread().join()
            with multiprocessing.get_context("fork").Pool(1) as pool:
                print(pool.map(double, [1, 2]), flush=True)

        threading.Thread(target=later).start()
    """
    write(tmp_path, {"program.py": program})
    done = run(*OURS, "program.py", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[2, 4]\n", "")


@pytest.mark.parametrize(
    ("words", "method"),
    every(
        5,
        product(
            [["program.py", "x"], ["-m", "pkg.program", "x"], ["app", "x"], ["link", "x"]],
            ["fork", "spawn", "forkserver"],
        ),
    ),
)
def test_its_processes_find_what_it_defines(tmp_path: Path, method: str, words: list[str]) -> None:
    program = f"""
        import multiprocessing, sys
        from concurrent.futures import ProcessPoolExecutor

        class Point:
            pass

        def show(point):
            return type(point).__name__, point.x, sys.argv

        if __name__ == "__main__":
            point = Point()
            point.x = 1
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("{method}")) as executor:
                print(executor.submit(show, point).result())
    """
    files = ["program.py", "pkg/program.py", "app/__main__.py"]
    write(tmp_path, {**dict.fromkeys(files, program), "pkg/__init__.py": ""})
    (tmp_path / "link").symlink_to("program.py")
    python, ours = both(words, tmp_path)
    assert ours[:2] == python[:2]
    assert python[0] == 0 or words[0] == "app", python


def test_the_folder_is_printed_for_pythonpath(tmp_path: Path) -> None:
    done = run(*OURS, "--path", cwd=tmp_path)
    assert (Path(done.stdout.removesuffix("\n")) / "abeja" / "__init__.py").is_file()
    write(tmp_path, {"program.py": "import sys, abeja; print(sys.path[1], abeja.__path__[0])"})
    printed = run("program.py", cwd=tmp_path, path=[Path(done.stdout.strip())]).stdout
    assert printed == f"{done.stdout.strip()} {Path(done.stdout.strip()) / 'abeja'}\n"


def test_our_folder_goes_before_the_programs_own(programs: Path) -> None:
    write(programs, {"first.py": "import sys; print(*sys.path[:2], sep='\\n')"})
    printed = run(*OURS, "first.py", cwd=programs).stdout.splitlines()
    assert printed == [run(*OURS, "--path", cwd=programs).stdout.strip(), str(programs)]


def test_help(tmp_path: Path) -> None:
    for option in ("-h", "--help"):
        done = run(*OURS, option, cwd=tmp_path)
        assert done.returncode == 0
        assert done.stdout.startswith("usage: python -m abeja_datasets PROGRAM")


def test_ctrl_c_is_quiet_until_the_program_begins(tmp_path: Path) -> None:
    start = """
        import pkgutil, runpy, sys
        def stop(_):
            raise KeyboardInterrupt
        pkgutil.get_importer = stop
        sys.argv[1:] = ["program.py"]
        runpy.run_module("abeja_datasets", run_name="__main__", alter_sys=True)
    """
    write(tmp_path, {"start.py": start, "program.py": "raise KeyboardInterrupt"})
    done = run("start.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (130, "")
    assert "KeyboardInterrupt" in run(*OURS, "program.py", cwd=tmp_path).stderr
