"""The documentation site, built by Sphinx (make docs): no network, and nothing of the package is imported.

Pages are the Markdown files of this folder. ``_tools/items.py`` adds a page for each group of ``conf/`` and
``_tools/python_api.py`` one of the Python API, from signatures and docstrings. Pages load nothing from elsewhere:
formulas are MathML, fonts those of the reader.
"""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(Path(__file__).resolve().parent))

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]

project = "optbench"
author = "The optbench developers"
copyright = author
root_doc = "index"

extensions = [
    "myst_parser",
    "sphinx.ext.napoleon",
    "_tools.mathml",
    "_tools.repository_links",
    "_tools.generated_pages",
]
exclude_patterns = ["_templates", "_tools", "notebooks"]
suppress_warnings = ["ref.python"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
highlight_language = "text"
napoleon_custom_sections = ["Columns"]
napoleon_google_docstring = True
napoleon_numpy_docstring = False
python_use_unqualified_type_names = True
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False

html_context = {"default_mode": "auto"}
html_theme = "pydata_sphinx_theme"
html_title = "optbench"
html_static_path = ["_static"]
html_css_files = ["site.css"]
templates_path = ["_templates"]
html_sidebars = {"index": [], "[!i]*": ["all-pages.html"], "i[!n]*": ["all-pages.html"]}
html_theme_options = {
    "logo": {"text": "optbench"},
    "navbar_align": "left",
    "header_links_before_dropdown": 5,
    "show_prev_next": True,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "icon_links": [{"name": "Source", "url": PROJECT["urls"]["Homepage"], "icon": "fa-brands fa-github"}],
}
