"""`python -m abeja_datasets PROGRAM`: run a program with the documented names ours, beside abeja-sdk."""

import builtins
import importlib.util
import io
import os
import pkgutil
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any, Final, NamedTuple, NoReturn

from abeja_datasets.documented_names import FOLDER, take_over

USAGE: Final = """\
usage: python -m abeja_datasets PROGRAM [ARG…]
       python -m abeja_datasets -m MODULE [ARG…]
       python -m abeja_datasets --path

Runs a Python program (a file, or a folder or zip file with a __main__.py) or a module as python itself does, but with
`abeja.datasets` and `abeja.exceptions` from abeja-datasets, also where abeja-sdk is installed. The rest of `abeja`
stays abeja-sdk's. Multiprocessing children inherit it.

--path prints the folder that does this from PYTHONPATH, for launchers that start interpreters of their own:
    PYTHONPATH="$(python -m abeja_datasets --path)" torchrun train.py
"""


class Program(NamedTuple):
    """What is to run as `__main__`."""

    argv0: str
    """What it finds as `sys.argv[0]`."""
    code: CodeType
    attributes: dict[str, Any]
    """What its module has before it runs (`__file__` and its like)."""


def main(words: list[str]) -> None:
    """Do what the command line asks for.

    Args:
        words: the command line, without the name of this command.

    Raises:
        SystemExit: for wrong use (2), or as the program raises it.
    """
    match words:
        case ["-h" | "--help"]:
            print(USAGE, end="")
        case ["--path"]:
            print(FOLDER)
        case ["-m", module, *arguments]:
            take_over()
            sys.argv[:] = ["-m", *arguments]  # what the packages above it find, as they are imported to find it
            _run(_load_module(module), arguments)
        case [path, *arguments] if path and not path.startswith("-"):
            program = _load_program(path)
            take_over()
            _run(program, arguments)
        case _:
            _refuse(f"{words[0]}: no such option" if words and words[0] not in ("", "-m") else "no program is named", 2)


def _run(program: Program, arguments: list[str]) -> None:
    sys.argv[:] = [program.argv0, *arguments]
    # For good, not just while it runs: threads and exit handlers of the program look for it there too.
    sys.modules["__main__"] = module = ModuleType("__main__")
    vars(module).update(program.attributes, __builtins__=builtins, __annotations__={})
    exec(program.code, vars(module))  # noqa: S102 - running a program is what this command is for


def _load_program(path: str) -> Program:
    """Read a file, folder or zip file, and put on `sys.path` what `python PATH` puts there."""
    # As Python itself does: pathlib would leave out a "./" that the program finds in its __file__ otherwise.
    absolute = os.path.join(os.getcwd(), path)  # noqa: PTH109, PTH118
    finder = pkgutil.get_importer(absolute)
    if finder is None:
        program, entry = _load_file(path, absolute), str(Path(absolute).resolve().parent)
    else:
        spec = finder.find_spec("__main__", None)
        if spec is None:
            _refuse(f"{path!r} has no __main__.py", 1)
        program, entry = _from_spec(spec, path), absolute
    if not sys.flags.safe_path:
        # `python -m` has put the current folder there.
        del sys.path[0]
    if finder is not None or not sys.flags.safe_path:
        sys.path.insert(0, entry)
    return program


def _load_file(path: str, absolute: str) -> Program:
    try:
        with io.open_code(absolute) as file:
            content = file.read()
    except OSError as error:
        _refuse(f"can't open {path!r}: {error.strerror}", 2)
    code = pkgutil.read_code(io.BytesIO(content)) or compile(content, absolute, "exec", dont_inherit=True)
    loader = SourceFileLoader("__main__", absolute)
    return Program(path, code, {"__file__": absolute, "__cached__": None, "__loader__": loader})


def _load_module(name: str) -> Program:
    if name.startswith("."):
        _refuse(f"{name!r} begins with a dot: name the module in full", 1)
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        spec = None
    if spec is None:
        _refuse(f"no module named {name!r}, or it is a package without a __main__.py", 1)
    return _from_spec(spec, spec.origin or name)


def _from_spec(spec: ModuleSpec, argv0: str) -> Program:
    # Finders give any loader; those of Python have get_code (importlib.abc.InspectLoader).
    loader: Any = spec.loader
    try:
        code = loader.get_code(spec.name)
    except ImportError as error:
        _refuse(str(error), 1)
    if code is None:
        _refuse(f"{spec.name} has no code that can be run", 1)
    attributes = {
        "__file__": spec.origin,
        "__cached__": spec.cached,
        "__loader__": loader,
        "__package__": spec.parent,
        "__spec__": spec,
    }
    return Program(argv0, code, attributes)


def _refuse(why: str, code: int) -> NoReturn:
    print(f"python -m abeja_datasets: {why}; see python -m abeja_datasets --help", file=sys.stderr)
    sys.exit(code)


def _begin_tracebacks_in_the_program() -> None:
    """Leave our own frames out of the traceback of an uncaught error, as `python PROGRAM` has none of them."""
    hook, ours = sys.excepthook, (main.__code__.co_filename, "<frozen runpy>")

    def trimmed(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        while traceback is not None and traceback.tb_frame.f_code.co_filename in ours:
            traceback = traceback.tb_next
        # Python's own hook prints the one that the error carries.
        hook(kind, error.with_traceback(traceback), traceback)

    sys.excepthook = trimmed


if __name__ == "__main__":
    ours = sys.modules["__main__"]
    try:
        main(sys.argv[1:])
    except SystemExit:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and sys.modules["__main__"] is ours:  # the program has not begun
            sys.exit(130)
        _begin_tracebacks_in_the_program()
        raise
