"""Links to files of the repository that are no pages of the site, and pages whose text lies elsewhere.

Pages are read in the repository, too, where ``../reports/example/index.html`` is the file. The site has copies of kept
reports beside its pages, and other files are linked in the repository.
"""

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
URL = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]["urls"]["Homepage"]
ELSEWHERE = {"contributing": "CONTRIBUTING.md", "changelog": "CHANGELOG.md", "security": "SECURITY.md"}
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^):\s#]+)(?P<anchor>#[^)]*)?\)")


def setup(app: Any) -> dict[str, bool]:
    """Let Sphinx read pages with other links, and copy kept reports."""
    app.connect("source-read", rewrite)
    app.connect("build-finished", copy_reports)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def rewrite(app: Any, name: str, source: list[str]) -> None:
    """Replace the text of a page by that of a file elsewhere, and its links by those of the site."""
    if Path(app.env.doc2path(name)).suffix != ".md":
        return
    folder = DOCS
    if name in ELSEWHERE:
        source[0], folder = (ROOT / ELSEWHERE[name]).read_text(encoding="utf8"), ROOT
    source[0] = LINK.sub(lambda link: rewrite_link(link, folder), source[0])


def rewrite_link(link: re.Match[str], folder: Path) -> str:
    """A link on the site."""
    path, anchor = (folder / link["target"]).resolve(), link["anchor"] or ""
    if not path.exists():
        return link.group()  # Sphinx says that it is broken
    if path.is_relative_to(DOCS) and path.suffix == ".md":
        text = "" if link["text"] == f"{link['target']}{anchor}" or link["text"] == link["target"] else link["text"]
        return f"[{text}]({path.relative_to(DOCS).as_posix()}{anchor})"  # without a text, that of the heading
    inside = path.relative_to(ROOT).as_posix()
    for page, file in ELSEWHERE.items():
        if inside == file:
            return f"[{link['text']}]({page}.md{anchor})"
    if inside.startswith("reports/") and path.suffix == ".html":
        return f'<a href="{inside}{anchor}">{link["text"]}</a>'
    return f"[{link['text']}]({URL}/blob/main/{inside}{anchor})"


def copy_reports(app: Any, exception: Exception | None) -> None:
    """Copy the kept reports beside the pages."""
    if exception is None and app.builder.format == "html":
        for page in sorted((ROOT / "reports").glob("*/index.html")):
            folder = Path(app.outdir, "reports", page.parent.name)
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(page, folder / page.name)
