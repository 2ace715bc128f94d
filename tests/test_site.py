"""What checks the documentation site finds what is broken. The site itself is built by `make docs`."""

import runpy

import pytest

from tests.conftest import ROOT

CHECK = runpy.run_path(str(ROOT / "docs" / "_tools" / "check_links.py"))
PAGE = '<html><head>{head}</head><body><h1 id="top">A</h1><a href="{link}">b</a></body></html>'


@pytest.fixture
def site(tmp_path):
    """A site of two pages."""
    (tmp_path / "b.html").write_text(PAGE.format(head="", link="a.html#top"))
    return tmp_path


@pytest.mark.parametrize(
    "link", ["b.html", "b.html#top", "#top", "https://elsewhere.example", "mailto:a@b.example", "."]
)
def test_a_link_that_leads_somewhere_is_in_order(site, link):
    (site / "a.html").write_text(PAGE.format(head="", link=link))
    (site / "index.html").write_text(PAGE.format(head="", link="a.html"))
    assert list(CHECK["problems"](site)) == []


@pytest.mark.parametrize("link", ["c.html", "b.html#nowhere", "#nowhere", "folder/"])
def test_a_broken_link_is_found(site, link):
    (site / "a.html").write_text(PAGE.format(head="", link=link))
    assert [line.split(":")[0] for line in CHECK["problems"](site)] == ["a.html"]


@pytest.mark.parametrize(
    "head",
    ['<script src="https://cdn.example/x.js"></script>', '<link rel="stylesheet" href="//fonts.example/a.css">'],
)
def test_a_file_from_elsewhere_is_found(site, head):
    (site / "a.html").write_text(PAGE.format(head=head, link="b.html"))
    assert len(list(CHECK["problems"](site))) == 1


def test_a_site_without_pages_is_not_in_order(tmp_path):
    assert CHECK["main"](tmp_path) == 1


def test_every_page_is_in_the_contents():
    contents = (ROOT / "docs" / "index.md").read_text(encoding="utf8").splitlines()
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages - set(contents) == set()
