"""The site: it builds without a warning, works without a network, and has every public name."""

import html
import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from docs.run_pages import ROOT

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets_cli.commands import COMMANDS

PACKAGES = (
    "abeja_datasets", "abeja_datasets.exceptions", "abeja_datasets.models", "abeja_datasets.typed_dicts",
    "abeja_datasets_loading", "abeja_datasets_mock", "abeja_datasets_mock.faults", "abeja_datasets_mock.scenarios",
    "abeja_datasets_contract.check", "abeja_datasets_contract.diff",
)  # fmt: skip
NO_DOCSTRING = {"__version__", "models"}  # a text and a module
METHODS = [name for name, _ in inspect.getmembers(AsyncAPIClient, callable) if not name.startswith("_")]
# What a browser loads by itself. A link to the next page, say, it does not.
LOADED = re.compile(
    r'<(?:script|img|iframe|source)[^>]*?\ssrc="([^"]+)"'
    r'|<link(?![^>]*rel="(?:canonical|next|prev|search|index|author)")[^>]*?\shref="([^"]+)"'
    r"""|url\(["']?([^)"']+)"""
)

pytestmark = pytest.mark.slow
"""To build the site takes ten seconds."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as a reader builds it."""
    folder = tmp_path_factory.mktemp("site")
    # Measuring the coverage of Sphinx would take as long as the build.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "docs", folder],
        env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, str]:
    """The HTML of all pages."""
    return {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}


def plain(page: str) -> str:
    """Return the text of a page, without its tags and the spaces between words."""
    return re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]+>", "", page)).replace("¶", ""))


def test_it_loads_nothing_from_another_host(site: Path, pages: dict[Path, str]) -> None:
    styles = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.css")}
    for path, text in {**pages, **styles}.items():
        for found in LOADED.finditer(text):
            address = next(filter(None, found.groups())).strip()
            if address.startswith("data:"):
                continue
            assert not urlsplit(address).netloc, f"{path.relative_to(site)} loads {address}"
            if not address.startswith("#"):
                assert (path.parent / unquote(urlsplit(address).path)).is_file(), f"{path.relative_to(site)}: {address}"


def test_each_link_and_anchor_leads_somewhere(site: Path, pages: dict[Path, str]) -> None:
    anchors = {path.resolve(): set(re.findall(r'\sid="([^"]+)"', text)) for path, text in pages.items()}
    for path, text in pages.items():
        for link in re.findall(r'<a [^>]*?href="([^"]+)"', text):
            parts = urlsplit(html.unescape(link))
            if parts.scheme or path.name in ("search.html", "genindex.html", "py-modindex.html"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            assert target.is_file(), f"{path.relative_to(site)}: {link}"
            if parts.fragment and target in anchors:
                assert unquote(parts.fragment) in anchors[target], f"{path.relative_to(site)}: {link}"


def test_it_can_be_searched_without_a_server(site: Path, pages: dict[Path, str]) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert index.startswith("Search.setIndex(")
    for word in ("resum", "coco", "deadlin", "create_dataset_item"):
        assert word in index
    # A script may be loaded from a file, and other data may not.
    assert 'src="searchindex.js"' in pages[site / "search.html"]


@pytest.mark.parametrize("package", PACKAGES)
def test_each_public_name_is_on_a_page_and_has_a_docstring(pages: dict[Path, str], package: str) -> None:
    module = importlib.import_module(package)
    shown = {name.rpartition(".")[2] for text in pages.values() for name in re.findall(r'<dt [^>]*id="([\w.]+)"', text)}
    types = next(text for path, text in pages.items() if path.name == "types.html")
    shown |= set(re.findall(r'<code [^>]*><span class="pre">(\w+)</span>', types))
    names = set(module.__all__) - NO_DOCSTRING
    assert names
    assert names <= shown, f"not documented: {names - shown}"
    for name in names:
        value = getattr(module, name)
        assert not inspect.isroutine(value) or value.__doc__, name


@pytest.mark.parametrize("name", METHODS)
def test_a_method_says_the_same_in_help_on_the_site_and_with_asyncio(pages: dict[Path, str], name: str) -> None:
    for kind, page in ((APIClient, "client.html"), (AsyncAPIClient, "async-client.html")):
        shown = plain(next(text for path, text in pages.items() if path.name == page))
        docstring = inspect.getdoc(getattr(kind, name)) or ""
        paragraphs = [part for part in docstring.split("\n\n") if not re.match(r"\w[\w ]*:\n|\s", part)]
        assert paragraphs, name
        for paragraph in paragraphs:
            assert re.sub(r"\s+|[`\\*]|::$", "", paragraph) in re.sub(r"[`*]", "", shown), paragraph
        for argument in inspect.signature(getattr(kind, name)).parameters:
            assert argument == "self" or argument in shown, argument
    twin = inspect.getdoc(getattr(AsyncAPIClient, name)) or ""
    first = (inspect.getdoc(getattr(APIClient, name)) or "").splitlines()[0]
    assert twin.splitlines()[0].split()[0] == first.split()[0]


def test_the_page_of_the_command_line_has_each_command(pages: dict[Path, str]) -> None:
    shown = next(text for path, text in pages.items() if path.name == "cli.html")
    for name in COMMANDS:
        assert re.search(rf"<h2>abeja-datasets {name}<", shown), name
    assert "--settle-after" in shown or "--allow-writes" in shown


def test_the_page_of_configuration_has_each_variable_that_the_code_reads(pages: dict[Path, str]) -> None:
    shown = next(text for path, text in pages.items() if path.name == "configuration.html")
    packages = ("wrapper", "loading", "mock_server", "contract", "cli")
    sources = [path.read_text(encoding="utf-8") for name in packages for path in (ROOT / name).rglob("*.py")]
    read = {name for text in sources for name in re.findall(r'"((?:ABEJA|PLATFORM)_[A-Z_]+[A-Z])"', text)}
    assert len(read) > 10
    assert {name for name in read if name not in shown} == set()


def test_the_links_of_readme_and_its_neighbours_lead_somewhere() -> None:
    for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)]+)\)", text):
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = ROOT / parts.path if parts.path else ROOT / name
            assert target.exists(), f"{name}: {link}"
            if parts.fragment:
                heads = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
                assert parts.fragment in {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}, (
                    link
                )
