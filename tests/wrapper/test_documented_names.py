"""The documented names are the very modules of this package, however they are reached."""

from itertools import product
from pathlib import Path
from typing import Final

import pytest
from tests.sampling import every
from tests.wrapper.programs import output, run

CLAIMS: Final = {
    "one module has both names": """
        import abeja.datasets, abeja.exceptions, abeja_datasets, abeja_datasets.exceptions, sys
        assert abeja.datasets is sys.modules["abeja.datasets"] is abeja_datasets
        assert abeja.exceptions is sys.modules["abeja.exceptions"] is abeja_datasets.exceptions
    """,
    "in either order": """
        import abeja_datasets
        from abeja.datasets import APIClient
        from abeja.exceptions import NotFound
        import abeja_datasets.exceptions
        assert APIClient is abeja_datasets.APIClient and NotFound is abeja_datasets.exceptions.NotFound
    """,
    "so have all modules below it": """
        import importlib, operator, pkgutil, sys
        import abeja.datasets
        names = [m.name for m in pkgutil.walk_packages(abeja.datasets.__path__, "abeja.datasets.")]
        assert "abeja.datasets.models" in names and len(names) > 10
        for name in names:
            module = importlib.import_module(name)
            assert module is sys.modules[name] is importlib.import_module("abeja_datasets" + name[14:]), name
            assert operator.attrgetter(name[15:])(abeja.datasets) is module
            assert module.__name__ == module.__spec__.name == "abeja_datasets" + name[14:]
    """,
    "walking the namespace finds both": """
        import pkgutil, abeja
        found = [m.name for m in pkgutil.walk_packages(abeja.__path__, "abeja.")]
        assert found[:2] == ["abeja.datasets", "abeja.exceptions"], found
    """,
    "a module below it may come first": """
        from abeja.datasets.models import Dataset
        import abeja_datasets.models
        assert Dataset is abeja_datasets.models.Dataset
    """,
    "what is not there is missing under its documented name": """
        for name in ("abeja.datasets.nothing", "abeja.datasets.models.nothing", "abeja.exceptions.nothing"):
            try:
                __import__(name)
            except ModuleNotFoundError as error:
                assert error.name == name, error
            else:
                raise AssertionError(name)
    """,
    "pickles of either name load": """
        import pickle
        for name in ("abeja.exceptions", "abeja_datasets.exceptions"):
            old = f"c{name}\\nNotFound\\n(VNot Found\\nVno such item\\ntR.".encode()
            error = pickle.loads(old)
            import abeja_datasets.exceptions
            assert type(error) is abeja_datasets.exceptions.NotFound and error.error_description == "no such item"
        for name in ("abeja.datasets", "abeja_datasets"):
            assert pickle.loads(f"c{name}.models\\nDataset\\n.".encode()) is abeja_datasets.models.Dataset
            assert pickle.loads(f"c{name}\\nAPIClient\\n.".encode()) is abeja_datasets.APIClient
    """,
    "pickled errors come back": """
        import copy, pickle
        from abeja.exceptions import Conflict
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            error = pickle.loads(pickle.dumps(Conflict("a", "b", {"c": 1}, 409, "http://d"), protocol))
            assert type(error) is Conflict and error.error_detail == {"c": 1}
        assert type(copy.deepcopy(error)) is Conflict
    """,
    "reloading keeps one module": """
        import importlib, abeja.datasets, abeja.exceptions, abeja_datasets
        assert importlib.reload(abeja.datasets) is abeja_datasets is abeja.datasets
        assert importlib.reload(abeja.exceptions) is abeja_datasets.exceptions is abeja.exceptions
    """,
    "reloading the package above keeps them": """
        import importlib, abeja, abeja.datasets, abeja_datasets
        importlib.reload(abeja)
        import abeja.datasets.models
        assert abeja.datasets is abeja_datasets and abeja.datasets.models is abeja_datasets.models
    """,
    "both may be forgotten, and imported again": """
        import sys, abeja.datasets.models
        for name in [name for name in sys.modules if name.startswith(("abeja.", "abeja_datasets"))]:
            del sys.modules[name]
        import abeja.datasets.models, abeja_datasets.models
        assert abeja.datasets.models is abeja_datasets.models
    """,
    "source can be had": """
        import inspect, abeja.datasets.models, abeja.exceptions
        assert inspect.getsource(abeja.datasets.APIClient).startswith("class APIClient")
        assert "class NotFound" in inspect.getsource(abeja.exceptions)
        assert inspect.getmodule(abeja.exceptions.NotFound) is abeja.exceptions
        assert inspect.getsourcefile(abeja.datasets).replace("\\\\", "/").endswith("abeja_datasets/__init__.py")
    """,
    "help is there": """
        import pydoc, abeja.datasets, abeja.exceptions
        assert "create_dataset" in pydoc.plain(pydoc.render_doc("abeja.datasets.APIClient"))
        assert "APIClient" in pydoc.plain(pydoc.render_doc(abeja.datasets))
        assert "class NotFound" in pydoc.plain(pydoc.render_doc("abeja.exceptions"))
    """,
    "they can be found without being imported": """
        import importlib.util, sys
        assert importlib.util.find_spec("abeja.datasets") and importlib.util.find_spec("abeja.exceptions")
        assert "abeja.datasets" not in sys.modules and "abeja.exceptions" not in sys.modules
        assert importlib.util.find_spec("abeja.datasets.models") and "abeja_datasets.models" not in sys.modules
    """,
    "threads may import them at once": """
        import sys, threading, time
        statements = ("import abeja.datasets", "from abeja.datasets import APIClient", "import abeja_datasets",
                      "from abeja.exceptions import NotFound", "import abeja.datasets as d; d.APIClient",
                      "from abeja import datasets; datasets.APIClient", "import abeja.datasets.models",
                      "from abeja.datasets.models import Dataset", "from abeja.datasets import models; models.Dataset")
        begun = threading.Event()
        class Slow:
            @staticmethod
            def find_spec(name, path=None, target=None):
                if name in ("abeja_datasets.operations", "abeja_datasets_openapi.models"):
                    begun.set()
                    time.sleep(0.03)
        sys.meta_path.insert(0, Slow)
        def load(statement):
            exec(statement, {})
            done.append(statement)
        for first in statements:
            for name in [name for name in sys.modules if name.startswith("abeja")]:
                del sys.modules[name]
            done = []
            begun.clear()
            # While one thread reads the file of abeja.datasets, Python has a module without a path, and fails an import
            # of abeja.datasets.models in another. So only the first thread imports that, before the others begin.
            others = [each for each in statements if "models" not in each]
            threads = [threading.Thread(target=load, args=[each]) for each in (first, *others)]
            threads[0].start()
            assert begun.wait(250)
            for thread in threads[1:]:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(done) == sorted((first, *others))
            import abeja.datasets.models, abeja_datasets.models, abeja.exceptions, abeja_datasets.exceptions
            assert abeja.datasets is abeja_datasets and abeja.exceptions is abeja_datasets.exceptions
            assert abeja.datasets.models is abeja_datasets.models
    """,
    "star imports are those of the package": """
        from abeja.datasets import *
        from abeja.exceptions import *
        assert APIClient and models and NotFound
    """,
}


@pytest.mark.parametrize(("claim", "way"), every(3, product(CLAIMS, ["plain", "path"])))
def test_they_are_one(tmp_path: Path, claim: str, way: str) -> None:
    assert output(CLAIMS[claim], tmp_path, way=way) == ""


@pytest.mark.parametrize("name", ["abeja.datasets", "abeja.exceptions", "abeja.datasets.models"])
def test_running_one_says_what_to_run(tmp_path: Path, name: str) -> None:
    done = run("-m", name, "program.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert ("python -m abeja_datasets PROGRAM" in done.stderr) or ("is abeja_datasets.models: run it" in done.stderr)
