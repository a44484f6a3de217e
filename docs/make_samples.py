"""Make the picture of the check's report from a real run, and copy what pages show the tools to print into README.

`.venv/bin/python docs/make_samples.py`, after a change of the report or of such a page (`docs/run_pages.py --write`).
The picture needs Debian's Chromium, as scripts/test-browser does; without it, only the samples are copied.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from docs.run_pages import ROOT, Session, blocks, run

README: Final = ROOT / "README.md"
PICTURE: Final = ROOT / "docs" / "pictures" / "check-report.png"
_PAGE: Final = ROOT / "docs" / "guides" / "check-a-server.md"
_SAMPLE: Final = re.compile(
    r"(<!-- sample: (\S+) (\d+)(?: lines (\d+) to (\d+))? -->\n```text\n).*?(?=^```$)", re.MULTILINE | re.DOTALL
)
_WIDTH: Final = 900
_HEIGHT: Final = 1120


def sampled(readme: str) -> str:
    """Return README with its samples as the pages show them; each names its page, the output, and perhaps its lines."""
    return _SAMPLE.sub(lambda found: found[1] + _output(*found.groups()[1:]), readme)


def _output(page: str, number: str, first: str | None, last: str | None) -> str:
    shown = [block.text for block in blocks((ROOT / page).read_text(encoding="utf-8")) if block.is_output]
    lines = shown[int(number) - 1].splitlines(keepends=True)
    return "".join(lines[int(first or 1) - 1 : int(last or len(lines))])


def photograph(browser: str) -> None:
    """Run the page about the check, and save a picture of the report that it makes."""
    from tests.browser.chromium import Chromium

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Session(folder) as session:
            run(_PAGE.read_text(encoding="utf-8"), session)
        with Chromium(browser, folder / "profile") as chromium:
            chromium.open((folder / "report" / "report.html").as_uri(), width=_WIDTH, dark=False)
            PICTURE.parent.mkdir(exist_ok=True)
            chromium.screenshot(PICTURE, height=_HEIGHT)


if __name__ == "__main__":
    README.write_text(sampled(README.read_text(encoding="utf-8")), encoding="utf-8")
    if found := shutil.which("chromium"):
        photograph(found)
    else:
        sys.stderr.write("docs/make_samples.py: Chromium is missing, so the picture is left as it is\n")
