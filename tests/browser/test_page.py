"""The page of a report in a real browser: it fits, in light and dark, fetches nothing, and can be read."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from abeja_datasets_contract.check.report import write

from .chromium import Chromium
from .sample import report

WIDTHS = (360, 1400)
# Elements that stick out, but for what is there for screen readers alone.
STICKING_OUT = """
[...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width > 1 && (box.right > document.documentElement.clientWidth + 0.5 || box.left < -0.5);
}).map(e => e.outerHTML.slice(0, 120))
"""
# WCAG 2.1, 1.4.3: the contrast of text and what is behind it, at least 4.5.
FAINT = """
(() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; } return [255, 255, 255]; };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !e.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.add(`${contrast.toFixed(2)} ${e.tagName}.${e.className}`);
  }
  return [...found];
})()
"""
OPEN_ALL = "document.querySelectorAll('details').forEach(e => e.open = true)"
ROWS = "[...document.querySelectorAll('.clauses tbody tr')].filter(e => e.checkVisibility()).length"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(os.environ["ABEJA_DATASETS_BROWSER"], tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write(report(), tmp_path_factory.mktemp("report"))[0].as_uri()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_and_can_be_read(browser: Chromium, page: str, width: int, *, dark: bool) -> None:
    browser.open(page, width=width, dark=dark)
    screenshots = os.environ.get("ABEJA_DATASETS_SCREENSHOTS")
    if screenshots:
        browser.screenshot(Path(screenshots) / f"{width}-{'dark' if dark else 'light'}.png", height=3000)
    for _ in ("as it opens", "with all of it unfolded"):
        assert browser.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert browser.evaluate(STICKING_OUT) == []
        assert browser.evaluate(FAINT) == []
        browser.evaluate(OPEN_ALL)
    assert browser.evaluate("document.title") != "broken into"


def test_light_and_dark_differ(browser: Chromium, page: str) -> None:
    papers = set()
    for dark in (False, True):
        browser.open(page, width=360, dark=dark)
        papers.add(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(papers) == 2


def test_nothing_is_fetched(browser: Chromium, page: str) -> None:
    browser.open(page, width=1400, dark=False)
    browser.evaluate(OPEN_ALL)
    browser.evaluate("1")
    assert [url for url in browser.requests if not url.startswith("data:")] == [page]


@pytest.mark.parametrize(("choice", "rows"), [("all", 109), ("fail", 4), ("unknown", 12), ("pass", 93)])
def test_the_list_is_narrowed_down_without_a_script(browser: Chromium, page: str, choice: str, rows: int) -> None:
    browser.open(page, width=1400, dark=False)
    browser.evaluate(OPEN_ALL)
    browser.evaluate(f"document.getElementById('show-{choice}').checked = true")
    assert browser.evaluate(ROWS) == rows


def test_links_lead_to_what_is_broken(browser: Chromium, page: str) -> None:
    browser.open(f"{page}#broken-bulk.all-or-nothing", width=1400, dark=False)
    assert browser.evaluate("document.querySelector(':target h3').textContent") == "bulk.all-or-nothing"


def test_rows_stay_rows_for_screen_readers(browser: Chromium, page: str) -> None:
    browser.open(page, width=360, dark=False)
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in nodes if "role" in node and not node.get("ignored")]
    assert roles.count("row") >= 109
    assert roles.count("rowheader") >= 109
