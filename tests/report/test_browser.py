"""The page in a browser: no errors, legible, the table and the buttons work, and markup in names has no effect."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from optbench.report.page import build
from tests.report.made_up_results import Made, write

pytestmark = pytest.mark.browser
VIEWS = [(360, "light"), (360, "dark"), (1440, "light"), (1440, "dark")]
SCHEMES = [(1440, "light"), (1440, "dark")]
CHECKED = [{}, {"runOnly": ["color-contrast"]}]  # in each scheme: the document is the same, and its colors are others
NASTY = "<script>alert(1)</script>"
MADE = Made(
    NASTY,
    problems=("digits_mlp", "iris_softmax"),
    optimizers=("sgd", "adam", "rmsprop"),
    rates=(0.01, 0.1, 10.0),
    seeds=8,
    extra={
        "targets": {"digits_mlp": {"metric": "loss", "split": "valid", "value": 0.35}},
        "published": {
            "digits_mlp": [
                {"label": "somebody", "metric": "accuracy", "split": "test", "value": 0.8, "source": "a paper"}
            ]
        },
    },
)
RUNS = 2 * 3 * 3 * 8


@pytest.fixture(scope="module")
def page_of_all(tmp_path_factory):
    """A page with all kinds of parts, of a study whose name is markup."""
    folder = tmp_path_factory.mktemp("browser")
    write(folder / "results", MADE)
    return build(folder / "results", folder / "reports", [NASTY])


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


def open_page(browser, path, width, scheme):
    """A page at a width and in a color scheme, with its messages and requests."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, messages, requests = context.new_page(), [], []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("dialog", lambda dialog: (messages.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    page.add_style_tag(
        content="section { content-visibility: visible !important }"
    )  # so that all elements are laid out
    return page, messages, requests


@pytest.fixture
def opened(browser, page_of_all):
    """The page, for a test that does something with it."""
    opened = open_page(browser, page_of_all, 1440, "light")
    yield opened
    opened[0].context.close()


@pytest.fixture(scope="module")
def opened_views(browser):
    """Pages by width and color scheme."""
    opened = {}
    yield opened
    for page, _, _ in opened.values():
        page.context.close()


@pytest.fixture
def seen(browser, page_of_all, opened_views, request):
    """The page at a width and in a color scheme, for tests that look at it and leave it as it is."""
    view = getattr(request, "param", (1440, "light"))
    if view not in opened_views:
        opened_views[view] = open_page(browser, page_of_all, *view)
    return opened_views[view]


def rows_of(page):
    """Scroll to the table of runs and return the texts of its rows."""
    page.locator("#every-run").scroll_into_view_if_needed()
    page.locator("#every-run tbody tr").first.wait_for()
    return page.locator("#every-run tbody tr").all_inner_texts()


@pytest.mark.parametrize("seen", VIEWS, indirect=True)
def test_the_page_has_no_errors_and_fits_the_window(seen):
    page, messages, requests = seen
    assert len(rows_of(page)) == 100
    assert messages == []
    assert len(requests) == 1  # the file itself
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    figures = page.locator("svg.figure:visible")
    assert figures.count() > 20
    for figure in figures.all():
        box = figure.bounding_box()
        assert box["width"] > 250
        assert box["height"] > 60


@pytest.mark.parametrize("seen", VIEWS, indirect=True)
def test_text_in_figures_is_legible(seen):
    page, _, _ = seen
    sizes = page.eval_on_selector_all(
        "svg.figure text",
        "texts => texts.filter(t => t.checkVisibility()).map(t => t.getBoundingClientRect().height)",
    )
    assert sizes
    assert min(sizes) > 9


@pytest.fixture(scope="module")
def simple_page(tmp_path_factory):
    """A page of one problem and four optimizers."""
    folder = tmp_path_factory.mktemp("simple")
    write(folder / "results", Made(optimizers=("sgd", "adam", "rmsprop", "adamw"), seeds=5, points=5))
    return build(folder / "results", folder / "reports", ["made"])


def bottom(page, selector):
    """The lower edge of the first element of a selector, in pixels."""
    box = page.locator(selector).first.bounding_box()
    return box["y"] + box["height"]


def test_a_wide_leaderboard_scrolls_in_its_box(browser, tmp_path, reports_without_figures):
    names = tuple(f"digits_{letter * 25}" for letter in "abcde")
    write(tmp_path / "results", Made(optimizers=("sgd", "adam"), problems=names, seeds=2, points=3))
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(build(tmp_path / "results", tmp_path / "reports", ["made"]).as_uri())
    assert page.evaluate("(box => box.scrollWidth > box.clientWidth)(document.querySelector('.sideways'))")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


def test_answer_leaderboard_and_main_curve_are_on_the_first_screen(browser, simple_page):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(simple_page.as_uri())
    assert bottom(page, ".answer pre") < 500
    assert bottom(page, ".curve svg.figure") < 600
    assert bottom(page, ".board tbody tr:nth-child(3)") < 800
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.set_viewport_size({"width": 390, "height": 844})
    assert bottom(page, ".answer pre") < 800
    assert bottom(page, "#leaderboard") < 844
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


def test_every_figure_has_a_text_alternative_and_a_caption(seen):
    page, _, _ = seen
    for figure in page.locator("figure").all():
        assert len(figure.locator("svg.figure").get_attribute("aria-label")) > 20
        assert len(figure.locator("figcaption").text_content()) > 30


def luminance(color):
    channels = [int(c) / 255 for c in re.findall(r"\d+", color)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("seen", SCHEMES, indirect=True)
def test_text_and_curves_have_enough_contrast(seen):
    page, _, _ = seen
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


@pytest.mark.parametrize(("seen", "rules"), [*zip(SCHEMES, CHECKED, strict=True)], indirect=["seen"])
def test_an_accessibility_check_finds_no_serious_violation(seen, rules, axe):
    page, _, _ = seen
    rows_of(page)
    page.evaluate(axe)
    found = page.evaluate("async rules => (await axe.run({resultTypes: ['violations'], ...rules})).violations", rules)
    serious = [(f["id"], f["nodes"][0]["html"][:200]) for f in found if f["impact"] in ("serious", "critical")]
    assert serious == []


def test_a_click_shows_the_second_view(opened):
    page, _, _ = opened
    assert page.get_by_text("time of one step alone)").first.is_hidden()
    page.get_by_text("by time").first.click()
    assert page.get_by_text("time of one step alone)").first.is_visible()


def test_the_pointer_shows_the_setting_the_step_and_the_value(browser, simple_page):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(simple_page.as_uri())
    box = page.locator("figure[data-name=main-curve] svg").bounding_box()
    for share in (0.5, 0.6, 0.7, 0.75, 0.8):  # down the right edge, until a curve is near
        page.mouse.move(box["x"] + 0.965 * box["width"], box["y"] + share * box["height"])
        page.wait_for_timeout(50)
        if page.locator(".tip").is_visible():
            break
    assert re.fullmatch(r"(sgd|adam|rmsprop|adamw), step 660: 0\.\d+", page.locator(".tip").inner_text())
    page.mouse.move(5, 5)
    assert page.locator(".tip").is_hidden()
    page.close()


def test_a_click_in_the_legend_hides_a_curve_in_all_figures_and_a_double_click_isolates(browser, simple_page):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(simple_page.as_uri())
    drawn = "[...document.querySelectorAll('figure[data-name*=valid-loss] svg [style*=\"var(--series-\"]')]"
    shown = f"{drawn}.filter(e => getComputedStyle(e).display !== 'none')"
    colors = f"new Set({shown}.map(e => e.outerHTML.match(/series-\\d/)[0])).size"
    assert page.evaluate(colors) == 4
    first = page.locator(".curve .legend button").first
    first.click()
    assert page.evaluate(colors) == 3
    assert first.get_attribute("aria-pressed") == "false"
    page.mouse.click(5, 5)  # so that the next click is no double click
    first.click()
    assert page.evaluate(colors) == 4
    page.mouse.click(5, 5)
    first.dblclick()
    assert page.evaluate(colors) == 1
    page.close()


CURVES = "svg.figure path[style*='fill: none; stroke: var(--series-'][style*='1.7']"


def axes_of(figure):
    """The ends of both axes and the scale of the y axis."""
    words = figure.locator("svg.figure").get_attribute("data-axes").split()
    return [float(word) for word in (*words[2:4], *words[7:9])], words[9]


@pytest.fixture
def main_curve(browser, simple_page):
    """The main curve of a page whose data are unpacked, and the errors of the page."""
    page, messages = browser.new_page(viewport={"width": 1280, "height": 800}), []
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(simple_page.as_uri())
    curve = page.locator("section.curve")
    curve.get_by_label("Unit of the x axis").wait_for()
    yield page, curve
    assert messages == []
    page.close()


def test_switches_draw_a_curve_over_epochs_on_a_linear_axis_and_its_last_half(main_curve):
    _, curve = main_curve
    for unit in ("seconds", "epochs"):
        curve.get_by_label("Unit of the x axis").select_option(label=unit)
        curve.locator("svg.figure").get_by_text(re.compile("^(epochs|ms|µs)$")).wait_for()
    curve.get_by_label("Scale of the y axis").select_option("linear")
    curve.get_by_label("Part of the curve").select_option(label="last half")
    curve.locator("svg.figure[data-axes*='linear']").wait_for()
    (x0, x1, y0, y1), scale = axes_of(curve)
    assert (x0, x1, scale) == (10, 20, "linear")
    assert y1 - y0 < 0.5  # it fits what is seen
    assert curve.locator(CURVES).count() == 4


def test_the_main_curve_shows_other_metrics_and_splits(main_curve):
    page, curve = main_curve
    menu = curve.get_by_label("Metric and split")
    assert "training accuracy" in menu.inner_text()
    menu.select_option(label="test accuracy")
    page.wait_for_function("document.querySelector('.curve figcaption b').textContent === 'test accuracy'")
    (_, _, y0, y1), scale = axes_of(curve)
    assert scale == "linear"
    assert 0 <= y0 < y1 <= 1
    assert curve.get_by_role("button", name="seeds").is_hidden()  # their data are those of what decides
    with page.expect_download() as download:
        curve.get_by_role("button", name="CSV").click()
    assert {line.split(",")[2] for line in Path(download.value.path()).read_text().splitlines()} == {
        "metric",
        "accuracy",
    }


def test_single_seeds_are_shown_on_demand(main_curve):
    page, curve = main_curve
    seeds = curve.locator("svg.figure path[style*='stroke-opacity: .5']")
    assert seeds.count() == 0
    curve.get_by_role("button", name="seeds").click()
    page.wait_for_function("document.querySelectorAll('.curve svg path[style*=\"stroke-opacity\"]').length === 20")
    curve.get_by_role("button", name="seeds").click()
    page.wait_for_function("document.querySelectorAll('.curve svg path[style*=\"stroke-opacity\"]').length === 0")


def test_the_mouse_selects_a_part_of_a_curve_and_there_is_a_way_back(main_curve):
    page, curve = main_curve
    whole, _ = axes_of(curve)
    box = curve.locator("svg.figure").bounding_box()
    x, y = box["x"], box["y"]
    page.mouse.move(x + 0.5 * box["width"], y + 0.4 * box["height"])
    page.mouse.down()
    page.mouse.move(x + 0.7 * box["width"], y + 0.6 * box["height"], steps=3)
    page.mouse.up()
    curve.get_by_role("button", name="zoom out").wait_for()
    (x0, x1, y0, y1), _ = axes_of(curve)
    assert whole[0] < x0 < x1 < whole[1]
    assert whole[2] < y0 < y1 < whole[3]
    curve.get_by_role("button", name="zoom out").click()
    page.wait_for_function("document.querySelector('.curve svg.figure').dataset.axes.split(' ')[2] === '0'")
    assert curve.get_by_role("button", name="zoom out").is_hidden()


def test_a_figure_is_saved_as_png_with_a_white_background_in_dark_mode(browser, simple_page):
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto(simple_page.as_uri())
    with page.expect_download() as download:
        page.locator("section.curve").get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == "main-curve.png"
    with Image.open(download.value.path()) as picture:
        assert picture.width == round(4 * 3.7 * 72)
        assert picture.height > picture.width / 2
        assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
        colors = {color for _, color in picture.convert("RGB").getcolors(1_000_000)}
        assert len(colors) > 50  # text and curves are drawn
        assert (0x1D, 0x21, 0x29) in colors  # in ink, not in the light gray of dark mode
    page.close()


def test_the_leaderboard_sorts_by_numbers(browser, simple_page):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(simple_page.as_uri())
    losses = lambda: [float(c) for c in page.locator(".board td[data-label='validation loss'] span").all_inner_texts()]  # noqa: E731
    assert losses() == sorted(losses())
    button = page.locator(".board thead button", has_text="validation loss")
    button.click()
    button.click()
    assert losses() == sorted(losses(), reverse=True)
    page.close()


@pytest.fixture(scope="module")
def large_page(tmp_path_factory):
    """A page whose details are compressed, as if its study were large, and the same without."""
    folder = tmp_path_factory.mktemp("large")
    names = tuple(f"digits_{letter}" for letter in "abcde")
    write(folder / "results", Made("=1+1", problems=names, optimizers=("sgd", "adam"), seeds=2, points=3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("optbench.report.contents.LARGE", 1000)
        return build(folder / "results", folder / "reports", ["=1+1"])


def test_the_details_of_a_large_page_are_there_when_they_are_opened(browser, large_page):
    page, messages = browser.new_page(viewport={"width": 1280, "height": 800}), []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(large_page.as_uri())
    assert page.locator("figure").count() == 1  # the main curve
    page.locator("section.curve").get_by_label("Metric and split").select_option(label="test accuracy")
    page.get_by_text("Details of digits_b").click()
    section = page.locator("section[aria-labelledby=problem-1]")
    section.locator("figure").first.wait_for()
    section.locator(".legend button").first.wait_for()
    assert section.get_by_role("button", name="Save validation loss as PNG").count() > 1
    with page.expect_download() as download:
        section.locator("figure[data-name=p1-steps-valid-loss]").get_by_role("button", name="CSV").click()
    assert Path(download.value.path()).read_text().splitlines()[1].startswith("sgd,valid,loss,0,0,2.5,")
    assert page.locator("[data-packed]").count() == 5
    page.get_by_role("button", name="Open all sections").click()
    page.wait_for_function("document.querySelectorAll('[data-packed]').length === 0")
    ids = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))
    assert messages == []
    page.close()


def test_a_link_into_a_compressed_section_opens_it(browser, large_page):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{large_page.as_uri()}#problem-3-cost")
    page.locator("#problem-3-cost").wait_for()
    page.wait_for_function("document.getElementById('problem-3-cost').getBoundingClientRect().top < 200")
    page.close()


def test_without_javascript_a_large_page_says_what_it_needs_and_a_small_one_shows_its_figures(
    browser, large_page, simple_page
):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(large_page.as_uri())
    assert page.locator("svg.figure").count() == 1
    (note,) = re.findall("<noscript>(.*?)</noscript>", large_page.read_text())
    assert "This page is large, so its details are compressed and need JavaScript." in note
    page.goto(simple_page.as_uri())
    assert page.locator("svg.figure").count() > 10
    assert "<noscript>" not in simple_page.read_text()
    context.close()


def test_navigation_stays_in_view(opened):
    page, _, _ = opened
    page.evaluate("window.scrollTo(0, 3000)")
    assert page.locator("nav").bounding_box()["y"] == 0


def test_the_table_filters_by_words_and_loads_more_rows_on_scrolling(opened):
    page, _, _ = opened
    rows_of(page)
    assert page.locator("#runs-count").inner_text() == f"{RUNS} of {RUNS} runs"
    page.locator(".scroll").evaluate("box => box.scrollTo(0, box.scrollHeight)")
    page.wait_for_function(f"document.querySelectorAll('#every-run tbody tr').length === {RUNS}")
    page.get_by_label("Filter").fill("iris adam diverged")
    assert page.locator("#runs-count").inner_text() == f"8 of {RUNS} runs"
    assert all("adam learning_rate=10" in row for row in page.locator("#every-run tbody tr").all_inner_texts())
    page.get_by_label("Filter").fill("nothing like this")
    assert page.locator("#every-run tbody tr").count() == 0


def test_the_table_sorts_in_both_directions_with_missing_values_last(opened):
    page, _, _ = opened
    rows_of(page)
    heading = page.locator("#every-run thead th", has_text="validation loss")
    place = heading.evaluate("th => th.cellIndex")
    for direction, sign in (("ascending", 1), ("descending", -1)):
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == direction
        page.locator(".scroll").evaluate("box => box.scrollTo(0, box.scrollHeight)")
        page.wait_for_function(f"document.querySelectorAll('#every-run tbody tr').length === {RUNS}")
        cells = page.locator(f"#every-run tbody td:nth-child({place + 1})").all_inner_texts()
        numbers = [sign * float(cell) for cell in cells if cell != "–"]
        assert numbers == sorted(numbers)
        assert len(numbers) == RUNS * 2 // 3
        assert set(cells[len(numbers) :]) == {"–"}  # the diverged


def test_a_run_copies_the_command_that_repeats_it(opened):
    page, _, _ = opened
    rows_of(page)
    page.get_by_label("Filter").fill("iris rmsprop learning_rate=0.1")
    page.locator("#every-run tbody tr").nth(3).get_by_role("button").click()
    page.get_by_role("button", name="copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == (
        "python -m optbench optimizer=rmsprop optimizer.learning_rate=0.1 dataset=iris model=softmax 'seeds=[3]'"
    )


def test_a_figure_saves_its_data_and_itself_with_title_and_legend(opened):
    page, _, _ = opened
    figure = page.locator("figure[data-name=p0-steps-valid-loss]")
    with page.expect_download() as download:
        figure.get_by_role("button", name="CSV").click()
    assert download.value.suggested_filename == "p0-steps-valid-loss.csv"
    assert Path(download.value.path()).read_text().startswith("setting,split,metric,step,")
    with page.expect_download() as download:
        figure.get_by_role("button", name="SVG").click()
    drawn = Path(download.value.path()).read_text()
    assert "var(--" not in drawn
    assert ">validation loss</text>" in drawn
    assert "adam learning_rate=" in drawn


def test_a_figure_with_shared_data_saves_it(opened):
    page, _, _ = opened
    page.get_by_text("by time").first.click()
    with page.expect_download() as download:
        page.locator("figure[data-name=p0-time-valid-loss]").get_by_role("button", name="CSV").click()
    assert "seconds" in Path(download.value.path()).read_text().splitlines()[0]


def test_the_index_links_to_the_page(opened, page_of_all):
    page, messages, _ = opened
    page.goto((page_of_all.parent.parent / "index.html").as_uri())
    page.get_by_role("link", name=NASTY).click()
    assert page.title() == f"{NASTY}: optbench"
    assert messages == []
