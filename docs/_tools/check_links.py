"""Check the built site: ``python docs/_tools/check_links.py build/docs``.

Every link leads to a page or an anchor that exists, and nothing that a page loads lies outside the site.
"""

import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "source": "src", "iframe": "src", "link": "href"}
NOT_LOADED = {"canonical", "next", "prev", "search", "index", "genindex", "author", "copyright", "top", "up"}


class Page(HTMLParser):
    """The anchors, the links and the loaded files of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = {""}
        self.links: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag names."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in LOADED and given.get(LOADED[tag]) and not set(given.get("rel", "").split()) & NOT_LOADED:
            self.loaded.append(given[LOADED[tag]])


@cache
def read(path: Path) -> Page:
    """A page."""
    page = Page()
    page.feed(path.read_text(encoding="utf8"))
    return page


def problems(site: Path) -> Iterator[str]:
    """What is wrong with the pages of a site, one line each."""
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        if name.startswith(("reports/", "_static/")):
            continue  # reports have tests of their own
        page = read(path)
        yield from (f"{name} loads {url}" for url in page.loaded if is_outside(url))
        for url in [*page.links, *page.loaded]:
            if not is_outside(url) and (why := broken(path, url)):
                yield f"{name}: {url} {why}"


def is_outside(url: str) -> bool:
    """Whether an address is that of another site."""
    return bool(urlsplit(url).scheme or urlsplit(url).netloc)


def broken(page: Path, url: str) -> str | None:
    """Why a link is broken; None where it is not."""
    parts = urlsplit(url)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    target = target / "index.html" if target.is_dir() else target
    if not target.is_file():
        return "does not exist"
    is_page = target.suffix == ".html" and "reports" not in target.parts
    if is_page and unquote(parts.fragment) not in read(target).anchors:
        return "has no such anchor"
    return None


def main(site: Path) -> int:
    """Print what is wrong; the exit code."""
    found = list(problems(site))
    pages = len(list(site.rglob("*.html")))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.stdout.write(f"{pages} pages, {len(found)} broken links or files from elsewhere\n")
    return 1 if found or not pages else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
