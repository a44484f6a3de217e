"""How Sphinx builds the site; `scripts/docs` runs it."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
os.environ["TERM"] = "dumb"  # no help text may depend on the terminal of the build

from docs.site.docstrings import separate_lists  # noqa: E402 - only now it is found
from docs.site.made import PIECES  # noqa: E402
from docs.site.making import linked, marked, replaced  # noqa: E402
from sphinx.application import Sphinx  # noqa: E402

from abeja_datasets import __version__  # noqa: E402

project = "abeja-datasets"
author = "abeja-datasets"
version = release = __version__
language = "en"
smartquotes = False  # an option begins with two hyphens

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["site", "pictures"]
suppress_warnings = [
    "ref.python",  # three packages have a class Report, and an annotation that is text does not say which one it means
]

# Docstrings are written for `help()` as well, and so use single backticks for code.
default_role = "literal"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
autodoc_default_options = {"members": True, "exclude-members": "__init__, __new__"}
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
napoleon_custom_sections = [("Return type", "params_style"), "Request syntax"]

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "attrs_block"]

html_theme = "furo"
html_title = f"abeja-datasets {__version__}"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_show_search_summary = False  # a page opened as a file may not read others
html_use_index = True
html_theme_options = {"navigation_with_keys": True}


def setup(app: Sphinx) -> None:
    """Connect what changes pages and docstrings while they are read."""
    app.connect("env-get-outdated", lambda *_arguments: marked(HERE))
    app.connect("source-read", lambda _app, _page, source: replaced(source, PIECES))
    app.connect("source-read", lambda _app, page, source: linked(page, source))
    app.connect("autodoc-process-docstring", separate_lists, priority=100)  # before napoleon
