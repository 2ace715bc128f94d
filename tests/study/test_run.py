"""Studies of Python code: job specifications in, a result out."""

import pytest
from rich.console import Console

from optbench.cli.terminal import Terminal
from optbench.errors import ConfigError
from optbench.results.reading import StoreReader
from optbench.results.store import Store
from optbench.study import study as module
from optbench.study.plan import read_jobs
from optbench.study.run import run_study
from optbench.sweep.execute import Execution
from tests.study.test_study import job
from tests.study.test_tuning import tuned_job

QUIET = Terminal(Console(quiet=True))


def test_a_result_has_the_tables_of_the_study_and_each_curve_is_read_once(tmp_path, monkeypatch):
    read, right = [], StoreReader._read_companion

    def count(self, part, schema, runs, values):
        read.extend(runs["run_id"] if part == "curves" else [])
        return right(self, part, schema, runs, values)

    monkeypatch.setattr(StoreReader, "_read_companion", count)
    specs = read_jobs([tuned_job(tmp_path), tuned_job(tmp_path, "adam")])
    result = run_study(specs, QUIET)
    store = Store(tmp_path / "results")
    assert len(read) == len(set(read)) == 2 * (3 + 4)
    assert (len(result.runs), len(result.trials)) == (6, 8)
    assert set(result.statuses) == {"done"}
    assert result.file == store.read_study("trial")
    assert set(result.runs["setting"]) == {entry.label for entry in result.file.settings}
    expected = store.curves(store.runs())
    found = result.curves.astype(expected.dtypes)
    order = ["run_id", "step", "split", "metric"]
    assert found.sort_values(order, ignore_index=True).equals(expected.sort_values(order, ignore_index=True))
    assert result.skipped == ()
    assert len(run_study(specs, QUIET).runs) == 6


def test_an_interrupted_study_keeps_what_was_trained_and_raises_again(tmp_path, monkeypatch):
    def interrupted(self, workers):
        raise KeyboardInterrupt

    monkeypatch.setattr(Execution, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_study(read_jobs([job(tmp_path)]), QUIET)
    file = Store(tmp_path / "results").read_study("trial")
    assert file.wall_s is not None
    assert len(file.runs) == 3


def test_a_dry_run_has_no_result_and_that_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match=r"^`dry_run` trains nothing.*Received: dry_run=true\."):
        run_study(read_jobs([job(tmp_path, dry_run=True)]), QUIET)


def test_whatever_ends_a_study_its_workers_are_released(tmp_path, monkeypatch):
    closed, right = [], module.Trainer.close
    monkeypatch.setattr(module.Trainer, "close", lambda self: closed.append(self) or right(self))
    monkeypatch.setattr(module, "objectives", lambda *_: (_ for _ in ()).throw(RuntimeError("broken")))
    with pytest.raises(RuntimeError, match="broken"):
        run_study(read_jobs([job(tmp_path)]), QUIET)
    assert closed
    assert closed[-1]._executor is None


def test_runs_that_are_pruned_after_they_were_found_finished_are_trained(tmp_path, monkeypatch):
    specs, right = read_jobs([job(tmp_path)]), Store.write_study
    run_study(specs, QUIET)

    def write_after_pruning(self, name, study):
        monkeypatch.setattr(Store, "write_study", right)
        self.remove([path.stem for path in (self.folder / "runs").glob("*.parquet")])
        with self.lock:
            self.lock.note_pruning()
        right(self, name, study)

    monkeypatch.setattr(Store, "write_study", write_after_pruning)
    result = run_study(specs, QUIET)
    assert (len(result.runs), result.file.trained) == (3, 3)
