"""luqum's parser is loaded from its ready-made tables, on each Python: nothing is built, printed or written."""

import subprocess
import sys
from pathlib import Path

import luqum

PROGRAM = """
from ply import yacc

def build(*_arguments, **_options):
    raise AssertionError("the tables are built anew")

yacc.LRGeneratedTable = build
own = yacc.yacc
from abeja_datasets_mock.storage.lucene import parse
from luqum.thread import parse as luqums
assert yacc.yacc is own
print(repr(parse('a:b AND NOT c:"d e"')), parse is luqums)
"""


def test_nothing_is_built_printed_or_written() -> None:
    folder = Path(luqum.__file__).parent
    before = {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.glob("*.*")}
    done = subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    expected = "AndOperation(SearchField('a', Word('b')), Not(SearchField('c', Phrase('\"d e\"')))) True\n"
    assert done.stdout == expected
    assert {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.glob("*.*")} == before
