"""The site in a real browser, opened as files: pages fit, in light and dark, fetch nothing, and can be searched."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .chromium import Chromium

ROOT = Path(__file__).parents[2]
WIDTHS = (360, 1400)
KINDS = (
    "index", "tutorial", "guides/check-a-server", "reference/client", "reference/cli", "reference/http-api",
    "reference/errors", "reference/configuration", "faults", "explanations/architecture", "clauses", "diff-rules",
    "glossary",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(os.environ["ABEJA_DATASETS_BROWSER"], tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, ROOT / "scripts" / "docs", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", KINDS)
def test_a_page_fits_and_fetches_nothing_from_a_host(
    browser: Chromium, site: Path, page: str, width: int, *, dark: bool
) -> None:
    browser.open((site / f"{page}.html").as_uri(), width=width, dark=dark)
    if screenshots := os.environ.get("ABEJA_DATASETS_SCREENSHOTS"):
        name = f"site-{page.replace('/', '-')}-{width}-{'dark' if dark else 'light'}.png"
        browser.screenshot(Path(screenshots) / name, height=2400)
    assert browser.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert [url for url in browser.requests if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("page", KINDS)
def test_no_table_is_cut_off_on_a_phone(browser: Chromium, site: Path, page: str) -> None:
    browser.open((site / f"{page}.html").as_uri(), width=360, dark=False)
    tables = "[...document.querySelectorAll('.table-wrapper')]"
    assert browser.evaluate(f"{tables}.filter(table => table.scrollWidth > table.clientWidth + 1).length") == 0
    if page == "reference/http-api":
        assert browser.evaluate("document.querySelector('td[data-label]').dataset.label") == "in"


def test_light_and_dark_differ(browser: Chromium, site: Path) -> None:
    papers = set()
    for dark in (False, True):
        browser.open((site / "index.html").as_uri(), width=1400, dark=dark)
        papers.add(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(papers) == 2


@pytest.mark.parametrize(
    ("words", "page"),
    [("coco", "upload-coco"), ("deadline", "configuration"), ("create_dataset_item", "client"), ("resume", "resume")],
)
def test_the_search_finds_a_page(browser: Chromium, site: Path, words: str, page: str) -> None:
    browser.open(f"{(site / 'search.html').as_uri()}?q={words}", width=1400, dark=False)
    found: list[str] = []
    deadline = time.monotonic() + 20
    while not any(page in link for link in found) and time.monotonic() < deadline:
        found = browser.evaluate("[...document.querySelectorAll('#search-results li a')].map(a => a.href)")
    assert any(page in link for link in found), found
