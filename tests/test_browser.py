"""The page in a browser: no errors, no requests, figures there, no sideways scrolling."""

import re

import pytest
from playwright.sync_api import sync_playwright

pytestmark = pytest.mark.browser
VIEWS = [(360, "light"), (360, "dark"), (1440, "light"), (1440, "dark")]


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, demo, request):
    """The demo's page at a width and in a colour scheme, with what it said and asked for."""
    width, scheme = getattr(request, "param", (1440, "light"))
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((demo[1] / "reports" / "demo" / "index.html").as_uri())
    yield page, said, asked
    context.close()


@pytest.mark.parametrize("opened", VIEWS, indirect=True)
def test_the_page_is_quiet_and_fits(opened):
    page, said, asked = opened
    assert said == []
    assert len(asked) == 1  # the file itself
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    figures = page.locator("svg.figure:visible")
    assert figures.count() == 12
    for figure in figures.all():
        box = figure.bounding_box()
        assert box["width"] > 250
        assert box["height"] > 60


@pytest.mark.parametrize("opened", VIEWS, indirect=True)
def test_text_in_figures_is_legible(opened):
    page, _, _ = opened
    sizes = page.eval_on_selector_all(
        "svg.figure text",
        "texts => texts.filter(t => t.checkVisibility()).map(t => t.getBoundingClientRect().height)",
    )
    assert sizes
    assert min(sizes) > 9


def luminance(color):
    channels = [int(c) / 255 for c in re.findall(r"\d+", color)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("opened", [(1440, "light"), (1440, "dark")], indirect=True)
def test_text_and_curves_stand_out_from_the_page(opened):
    page, _, _ = opened
    style = "e => getComputedStyle(e)"
    background = page.eval_on_selector("body", f"e => ({style})(e).backgroundColor")
    panel = page.eval_on_selector("figure", f"e => ({style})(e).backgroundColor")
    for selector in ("body", ".note", "thead th", "nav a", "dt"):
        color = page.eval_on_selector(selector, f"e => ({style})(e).color")
        assert contrast(color, background) > 4.5, selector
    for color in page.eval_on_selector_all("svg.figure text", f"texts => texts.map(t => ({style})(t).fill)"):
        assert contrast(color, panel) > 4.5
    for color in page.eval_on_selector_all(".legend i", f"es => es.map(e => ({style})(e).backgroundColor)"):
        assert contrast(color, panel) > 3


def test_the_second_view_is_a_click_away(opened):
    page, _, _ = opened
    assert page.get_by_text("time of one step alone)").first.is_hidden()
    page.get_by_text("by time").first.click()
    assert page.get_by_text("time of one step alone)").first.is_visible()


def test_the_list_of_studies_links_to_the_page(opened, demo):
    page, _, _ = opened
    page.goto((demo[1] / "reports" / "index.html").as_uri())
    page.get_by_role("link", name="demo").click()
    assert page.title() == "demo: optbench"
