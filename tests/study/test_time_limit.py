"""A study whose time is limited: what is kept, what is printed, and how the same study goes on."""

import io

import pytest
from rich.console import Console

from optbench.cli.terminal import Terminal
from optbench.report.loading import report_data
from optbench.report.verdict import verdict
from optbench.results.loading import load_result
from optbench.results.store import Store
from optbench.runtime import deadline
from optbench.spec.study_result import Untrained
from optbench.study.study import RunningStudy
from optbench.training import train
from tests.study.test_study import job
from tests.study.test_tuning import tuned_job


class Clock:
    """A clock that moves a second with each stretch that is trained."""

    def __init__(self, monkeypatch):
        self.now, right = 0.0, train.train_stretch
        monkeypatch.setattr(deadline.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(deadline.time, "time", lambda: self.now)
        monkeypatch.setattr(train, "train_stretch", lambda *rest: self.tick(right(*rest)))

    def tick(self, result):
        self.now += 1
        return result


@pytest.fixture
def clock(monkeypatch):
    """A clock of stretches. In each of these studies a shard has three or four."""
    return Clock(monkeypatch)


def trained(clock, *jobs):
    """A study of jobs: its exit code, its result, and what the terminal showed."""
    console = Console(width=100, file=io.StringIO())
    this = RunningStudy("python -m optbench", Terminal(console), clock.now)
    try:
        this.add(jobs)
        code = this.finish()
    finally:
        this.close()
    store = Store(jobs[0].config["results_dir"])
    return code, load_result(store, store.read_study("trial")), console.file.getvalue()


def limited(job, limit):
    """A job with a time limit, trained by one worker."""
    return job._replace(config={**job.config, "time_limit": limit, "workers": 1})


def test_what_was_trained_is_kept_and_the_rest_is_counted_and_trained_later(tmp_path, clock, monkeypatch):
    timed = []
    monkeypatch.setattr("optbench.study.study.time_steps", lambda *_: timed.append(1) or [])
    jobs = [limited(job(tmp_path, name, timing=True), 4.0) for name in ("sgd", "adam")]
    code, result, shown = trained(clock, *jobs)
    assert code == 124
    assert result.runs.groupby("optimizer", sort=False)["status"].unique().str[0].to_dict() == {
        "sgd": "done",
        "adam": "interrupted",
    }
    assert (result.file.reached_time_limit, result.file.trained) == (4.0, 3)
    assert result.untrained == Untrained(3, 6, 0, 0)
    answer = verdict(report_data(result))
    assert answer.unfinished == (
        "The time limit of 4 s was reached, so 3 of 6 runs were not trained. The same command trains them."
    )
    assert answer.unfinished in " ".join(shown.split())
    assert answer.unfinished in answer.paragraphs
    assert not answer.next_step, "adam is not missing in the command"
    assert "once all runs are trained" in answer.cost
    assert "3 of 6 runs have no result: 3 interrupted." in shown
    assert not timed, "no step is timed after the time is over"
    code, result, shown = trained(clock, *jobs)
    assert (code, result.file.trained, result.file.reached_time_limit) == (0, 3, None)
    assert set(result.statuses) == {"done"}
    assert "time limit" not in shown
    assert timed == [1]


def test_a_time_that_is_over_at_once_trains_nothing(tmp_path, clock):
    clock.now = 7.0
    console = Console(width=100, file=io.StringIO())
    this = RunningStudy("python -m optbench", Terminal(console), started=5.0)
    this.add([limited(job(tmp_path), 1.5)])
    assert this.finish() == 124
    assert clock.now == 7.0
    file = Store(tmp_path / "results").read_study("trial")
    assert len(file.runs) == 3
    assert not len(Store(tmp_path / "results").runs())
    assert "3 of 3 runs have no result: 3 not begun." in console.file.getvalue()


def test_an_optimizer_with_fewer_trials_than_the_others_is_not_run(tmp_path, clock):
    jobs = [limited(tuned_job(tmp_path, name), 6.0) for name in ("sgd", "adam")]
    code, result, shown = trained(clock, *jobs)
    assert code == 124
    assert result.trials.groupby("optimizer", sort=False)["status"].unique().str[0].to_dict() == {
        "sgd": "done",
        "adam": "interrupted",
    }
    assert [job.tuning.chosen is None for job in result.file.jobs] == [False, True]
    assert result.untrained == Untrained(6, 6, 4, 8)
    assert "so 6 of 6 runs and 4 of 8 trials were not trained." in " ".join(shown.split())
    code, result, _ = trained(clock, *(limited(tuned_job(tmp_path, name), None) for name in ("sgd", "adam")))
    assert (code, result.file.trained) == (0, 4 + 6)
    assert result.untrained == Untrained(0, 6, 0, 8)


def test_each_study_has_a_limit_of_its_own(monkeypatch):
    monkeypatch.setattr(deadline.time, "monotonic", lambda: 50.0)
    monkeypatch.setattr(deadline.time, "time", lambda: 1000.0)
    first, second = deadline.deadline_after(60.0, 930.0), deadline.deadline_after(60.0, 995.0)
    assert (first.at, second.at) == (40.0, 105.0)
    assert first.has_passed()
    assert not second.has_passed()
    assert not deadline.deadline_after(None, 0.0).has_passed()
