"""The page of a running study: its progress, its results so far, and whether anybody watches it."""

import re
import time

import pytest
from playwright.sync_api import sync_playwright

from optbench.report.index import read_summary
from optbench.report.live import LiveProgress, describe_progress, write_ending, write_live_page
from optbench.results.loading import result_so_far
from optbench.results.store import Store
from tests.report.made_up_results import Made, write

NASTY = "<script>alert(1)</script>"
HALF = LiveProgress(ended=34, total=96, seconds_left=130.0, is_tuning=False)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The study file and the rows of its runs, of which the last optimizer has none."""
    folder = tmp_path_factory.mktemp("live")
    file = write(folder, Made(NASTY, optimizers=("sgd", "adam", "rmsprop"), seeds=4, points=3))
    runs = Store(folder).runs()
    runs = runs[(runs["optimizer"] == "sgd") | (runs["optimizer"] == "adam") & (runs["seed"] < 3)]
    curves = Store(folder).curves(runs)
    return file, runs.drop(columns="stem"), curves[curves["metric"] == "loss"]


@pytest.mark.parametrize(
    ("seconds", "is_tuning", "text"),
    [
        (130.0, False, "Running, 34 of 96 runs, about 2 min left"),
        (89.0, False, "Running, 34 of 96 runs, about 90 s left"),
        (0.0, False, "Running, 34 of 96 runs, about 5 s left"),
        (9000.0, True, "Tuning, 34 of 96 trials, about 2.5 h left"),
        (None, False, "Running, 34 of 96 runs"),
        (float("inf"), False, "Running, 34 of 96 runs"),
    ],
)
def test_the_page_says_how_far_a_study_is(seconds, is_tuning, text):
    assert describe_progress(LiveProgress(34, 96, seconds, is_tuning)) == text


def test_the_page_has_the_answer_the_leaderboard_and_the_curve_of_the_runs_so_far(study, tmp_path):
    page = write_live_page(result_so_far(*study), tmp_path, HALF)
    text = page.read_text()
    assert "Running, 34 of 96 runs, about 2 min left." in text
    assert "Provisional: " in text
    assert re.findall(r'class="swatch"[^>]*></i>(\w+)', text) == ["adam", "sgd"]
    assert text.count('<figure data-name="main-curve"') == 1
    assert text.count("<script") == 1  # our own
    assert "0 of 3" in text  # seeds of adam that diverged
    card = read_summary(page)
    assert card["study"].runs == 12
    assert card["answer"] == "This study is running."


def test_a_page_without_results_says_how_far_the_study_is(study, tmp_path, monkeypatch):
    file, runs, curves = study
    empty = write_live_page(result_so_far(file, runs.iloc[:0], curves.iloc[:0]), tmp_path, HALF)
    assert "Running, 34 of 96 runs" in empty.read_text()
    assert "<table" not in empty.read_text()
    monkeypatch.setattr("optbench.report.live.verdict", lambda data: 1 / 0)
    assert "<table" not in write_live_page(result_so_far(*study), tmp_path, HALF).read_text()


def test_a_page_that_is_not_wanted_any_more_is_not_written(study, tmp_path):
    page = write_live_page(result_so_far(*study), tmp_path, HALF, is_wanted=lambda: False)
    assert not page.exists()


def test_the_ending_replaces_only_the_status(study, tmp_path):
    page = write_live_page(result_so_far(*study), tmp_path, HALF, pause=lambda: 30.0)
    before = page.read_text()
    assert 'data-interval="30.0" data-late="450.0"' in before
    write_ending(page)
    after = page.read_text()
    assert "The runs have ended; the report follows.</p>" in after
    assert [len(before.splitlines())] == [len(after.splitlines())]
    assert sum(a != b for a, b in zip(before.splitlines(), after.splitlines(), strict=True)) == 1


@pytest.mark.browser
def test_an_open_page_is_read_again_and_says_when_nobody_writes_it(study, tmp_path, chromium):
    page = write_live_page(result_so_far(*study), tmp_path, HALF)
    text = re.sub(r'data-interval="[^"]*"', 'data-interval="1.5"', page.read_text())
    page.write_text(text)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab, messages, requests = browser.new_page(viewport={"width": 390, "height": 500}), [], []
        tab.on("console", lambda message: messages.append(message.text))
        tab.on("pageerror", lambda error: messages.append(str(error)))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(page.as_uri())
        tab.evaluate("scrollTo(0, 200)")
        page.write_text(text.replace("34 of 96", "35 of 96"))
        tab.get_by_text("35 of 96").wait_for(state="attached")
        tab.wait_for_function("scrollY === 200")
        assert set(requests) == {page.as_uri()}
        old = int(time.time()) - 4000
        page.write_text(re.sub(r'data-written="\d+"', f'data-written="{old}"', text))
        tab.get_by_text(re.compile(r"Not updated since \d\d:\d\d: the study was stopped")).wait_for(state="attached")
        assert messages == []
        browser.close()
