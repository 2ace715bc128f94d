"""The page of a running study is written during training, rarely enough never to delay it."""

import threading
from types import SimpleNamespace

import pytest

from optbench.results.store import Store
from optbench.spec.job import ReportOptions
from optbench.study import live
from optbench.study.live import Clock, LivePage, live_page
from optbench.study.workload import Work
from tests.report.made_up_results import Made, write
from tests.study.test_study import job, study


class Watcher:
    """Counts its calls."""

    def __init__(self):
        self.told = []

    def finished(self, shard, runs, curves):
        self.told.append(shard)

    def seconds_left(self):
        return 50.0


@pytest.fixture
def made(tmp_path):
    """A study of two optimizers: its file, its store, the rows of the first, and the work that is left."""
    file = write(tmp_path / "results", Made(optimizers=("sgd", "adam"), seeds=2, points=3))
    store = Store(tmp_path / "results")
    rows = store.runs()
    runs = [SimpleNamespace(run_id=run_id) for run_id in rows["run_id"]]
    first = rows[rows["optimizer"] == "sgd"]
    shard = SimpleNamespace(runs=[run for run in runs if run.run_id in set(first["run_id"])])
    work = Work([shard], 1, 2, runs, 0)
    return file, store, first.drop(columns="stem"), store.curves(first), work


def spec_of(folder, live):
    """What a live page asks of a job."""
    study = SimpleNamespace(reports_dir=str(folder / "reports"))
    return SimpleNamespace(
        study=study, report=ReportOptions(live=live), decision=SimpleNamespace(metric="loss"), reports=None
    )


def written(monkeypatch):
    """An event that is set when a page is written."""
    event, write_page = threading.Event(), live.LivePage._rewrite

    def rewrite(self, clock):
        write_page(self, clock)
        event.set()

    monkeypatch.setattr(LivePage, "_rewrite", rewrite)
    return event


def test_the_page_has_earlier_runs_and_those_that_ended(made, tmp_path, monkeypatch):
    file, store, runs, curves, work = made
    event, watcher = written(monkeypatch), Watcher()
    with live_page(file, work, spec_of(tmp_path, True), store, SimpleNamespace(is_watched=False)) as watch:
        page = tmp_path / "reports" / "made" / "index.html"
        assert not page.exists()  # nothing ended yet
        watch(watcher).finished("shard", runs, curves)
        assert event.wait(60)
        text = page.read_text()
    assert watcher.told == ["shard"]
    assert "Running, 4 of 4 runs, about 50 s left." in text  # two were finished before
    assert ">adam<" in text
    assert "The runs have ended; the report follows." in page.read_text()


@pytest.mark.parametrize(("option", "watched", "on"), [("auto", True, 1), ("auto", False, 0), (False, True, 0)])
def test_a_page_is_written_where_somebody_watches(made, tmp_path, monkeypatch, option, watched, on):
    file, store, _, _, work = made
    begun = []
    monkeypatch.setattr(live, "LivePage", lambda *_: begun.append(1) or SimpleNamespace(watch=None, close=int))
    with live_page(file, work, spec_of(tmp_path, option), store, SimpleNamespace(is_watched=watched)):
        pass
    assert len(begun) == on
    with live_page(file, work._replace(shards=[]), spec_of(tmp_path, True), store, SimpleNamespace(is_watched=True)):
        pass
    assert len(begun) == on  # nothing is trained


def test_what_goes_wrong_leaves_the_study_alone(made, tmp_path, monkeypatch):
    file, store, runs, curves, work = made
    (tmp_path / "reports").write_text("a file in the way of the folder")
    failed = threading.Event()
    monkeypatch.setattr(live.log, "debug", lambda *_, **__: failed.set())
    with live_page(file, work, spec_of(tmp_path, True), store, SimpleNamespace(is_watched=False)) as watch:
        watch(Watcher()).finished("shard", runs.drop(columns="config"), curves)
        assert failed.wait(60)
    assert (tmp_path / "reports").read_text() == "a file in the way of the folder"


def test_the_study_uses_twenty_times_the_time_of_a_rewriting_before_the_next(monkeypatch):
    now = {"thread_time": 0.0, "process_time": 0.0, "monotonic": 0.0}
    for name in now:
        monkeypatch.setattr(f"time.{name}", lambda name=name: now[name])
    clock = Clock()
    now.update(thread_time=0.5, process_time=1.0, monotonic=2.0)
    clock.stop()
    assert clock.pause() == 10.0
    now.update(process_time=9.9, monotonic=40.0)
    assert not clock.is_due()
    now["process_time"] = 10.0
    assert clock.is_due()
    now.update(process_time=1.0, monotonic=49.0)
    assert not clock.is_due()
    now["monotonic"] = 50.0  # other processes do the work
    assert clock.is_due()


def test_the_report_takes_the_place_of_the_page_of_a_study_that_ran(tmp_path, monkeypatch, reports_without_figures):
    event = written(monkeypatch)
    add = LivePage.add
    monkeypatch.setattr(LivePage, "add", lambda self, *rows: (add(self, *rows), event.wait(60)))
    this, one = study(), job(tmp_path)
    this.add([one._replace(config={**one.config, "report": {**one.config["report"], "live": True}})])
    assert event.is_set()
    page = tmp_path / "reports" / "trial" / "index.html"
    assert "The runs have ended" in page.read_text()
    assert this.finish() == 0
    assert "The runs have ended" not in page.read_text()
    assert "location.reload" not in page.read_text()
    assert not any(thread.name == "live page" for thread in threading.enumerate())
