"""An unchanged page is not drawn again; any change causes a new page."""

import dataclasses

import pytest

from optbench.report import contents, drawn
from optbench.report.page import PageOptions, build, build_report
from optbench.results.loading import load_result
from optbench.results.store import Store
from tests.report.made_up_results import Made, write

MADE = Made("notes", optimizers=("sgd", "adam"), seeds=3, points=3)


@pytest.fixture
def drawings(monkeypatch):
    """How many pages were drawn so far."""
    found = []

    def render_page(*arguments):
        found.append(arguments)
        return "<html></html>"

    monkeypatch.setattr(contents, "render_page", render_page)
    monkeypatch.setattr("optbench.report.own_parts.PARTS", ())  # which take most of the time
    return found


@pytest.fixture
def folders(tmp_path):
    write(tmp_path / "results", MADE)
    return tmp_path / "results", tmp_path / "reports"


def draw(folders, **options):
    return build(*folders, ["notes"], options=PageOptions(**options))


def test_a_page_is_drawn_once_and_again_where_that_is_asked_for(folders, drawings):
    first = draw(folders).stat().st_mtime_ns
    assert draw(folders).stat().st_mtime_ns == first
    assert len(drawings) == 1
    draw(folders, redraw=True)
    assert len(drawings) == 2


def test_other_options_draw_again(folders, drawings):
    for options in ({}, {"baseline": "adam"}, {"baseline": "adam", "format": ["html", "md"]}):
        draw(folders, **options)
    assert len(drawings) == 3


@pytest.mark.parametrize("change", ["page", "gone", "study", "run", "curve", "timing", "arrays", "code"])
def test_a_page_of_which_anything_changed_is_drawn_again(folders, drawings, monkeypatch, change):
    made = draw(folders)
    store = Store(folders[0])
    result = load_result(store, store.read_study("notes"))
    if change == "page":
        made.write_text("other")
    elif change == "gone":
        made.unlink()
    elif change == "study":
        result = dataclasses.replace(result, file=dataclasses.replace(result.file, command="another"))
    elif change == "run":
        result = dataclasses.replace(result, runs=result.runs.assign(train_s=1.0))
    elif change == "curve":
        result = dataclasses.replace(result, curves=result.curves.assign(value=result.curves["value"] + 1e-9))
    elif change == "timing":
        result = dataclasses.replace(result, timings=result.timings.assign(step_s=1.0))
    elif change == "arrays":
        result = dataclasses.replace(result, array_files=result.array_files + 1)
    else:
        monkeypatch.setattr(drawn, "code_digest", lambda: "another version")
    build_report(result, store, folders[1])
    assert len(drawings) == 2


def test_the_order_of_rows_changes_nothing(folders, drawings):
    draw(folders)
    store = Store(folders[0])
    result = load_result(store, store.read_study("notes"))
    build_report(dataclasses.replace(result, curves=result.curves[::-1]), store, folders[1])
    assert len(drawings) == 1


def test_rows_of_other_studies_change_nothing(folders, drawings):
    draw(folders)
    write(folders[0], MADE._replace(name="others", optimizers=("rmsprop",)))
    draw(folders)
    assert len(drawings) == 1
    store = Store(folders[0])
    store.merge([path.stem for path in (folders[0] / "runs").glob("*.parquet")])
    draw(folders)
    assert len(drawings) == 1


def test_a_page_with_parts_of_the_users_own_is_always_drawn(folders, drawings):
    for _ in range(2):
        draw(folders, parts=[lambda result: None])
    assert len(drawings) == 2
