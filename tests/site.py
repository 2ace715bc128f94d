"""The built documentation in Chromium: ``python -m tests.site build/docs`` (make docs-browser).

Every page is opened in a wide and in a narrow window (390 pixels): it says nothing on the console, asks nothing of
another site, and is not wider than the window. ``--gallery`` takes the pictures of docs/gallery.md.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
GALLERY = ROOT / "docs" / "gallery"
WIDTHS = (1280, 390)
KEPT = ("example", "own-data", "showdown", "before-after", "tabular-mlp", "certificates")


def launch(playwright: Playwright) -> Browser:
    """Chromium: the system's where there is one, else Playwright's."""
    return playwright.chromium.launch(
        executable_path=shutil.which("chromium"),
        args=["--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"],
    )


def complaints(browser: Browser, path: Path, width: int) -> Iterator[str]:
    """What is wrong with a page in a window of a width, one line each."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: None if is_inside(request.url) else said.append(f"asks for {request.url}"))
    page.goto(path.as_uri())
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    yield from said
    if wide > width:
        yield f"is {wide} pixels wide"


def is_inside(url: str) -> bool:
    """Whether a request stays on this machine."""
    return url.startswith(("file:", "data:", "blob:"))


def check(site: Path) -> int:
    """Open every page of the site; the exit code."""
    left_out = {"reports", "_static"}  # which have tests of their own, and templates of the theme
    pages = [path for path in sorted(site.rglob("*.html")) if not left_out & set(path.relative_to(site).parts)]
    with sync_playwright() as playwright:
        browser = launch(playwright)
        found = [
            f"{path.relative_to(site)} at {width} pixels: {line}"
            for path in pages
            for width in WIDTHS
            for line in complaints(browser, path, width)
        ]
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.stdout.write(f"{len(pages)} pages in {len(WIDTHS)} widths, {len(found)} complaints\n")
    return 1 if found or not pages else 0


def take_pictures() -> None:
    """Take the first screen of each kept report."""
    GALLERY.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1100, "height": 760})
        for name in KEPT:
            page.goto((ROOT / "reports" / name / "index.html").as_uri())
            page.screenshot(path=GALLERY / f"{name}.png")


def main() -> int:
    """Check a site, or take pictures; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.site", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("site", type=Path, nargs="?", default=ROOT / "build" / "docs", help="the folder of the site")
    parser.add_argument("--gallery", action="store_true", help="take the pictures of docs/gallery.md")
    arguments = parser.parse_args()
    if arguments.gallery:
        take_pictures()
        return 0
    return check(arguments.site.resolve())


if __name__ == "__main__":
    sys.exit(main())
