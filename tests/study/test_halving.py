"""Successive halving: which trials continue, its cost, and that runs do not depend on whether trials were pruned."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from optbench.report.overview import describe_racing
from optbench.results.loading import load_result
from optbench.results.store import Store
from optbench.results.study_json import from_json, to_json
from optbench.spec.study_file import RacingEntry
from optbench.spec.tuning import Halving, Tuning
from optbench.study.choose import choose
from optbench.study.halving import Progress, finalists, pending_trials, rung_steps, trials_per_rung
from optbench.study.read_job import read_job
from optbench.training.lane_states import LaneStates
from tests.conftest import raw_node
from tests.study.test_study import job, study

TRIALS, EPOCHS = 6, 8
COUNTS = [6, 3, 2, 1]  # eta=2: at epochs 1, 2 and 4, and to the end


def tuned(folder, optimizer="sgd", method="halving", **values):
    extra = {"eta": 2, "min_epochs": 1} if method == "halving" else {}
    found = job(folder, optimizer, seeds=2, epochs=EPOCHS, model="softmax", **values)
    found.config["tune"] = {**raw_node("tune", method), "trials": TRIALS, **extra}
    return found._replace(choices={**found.choices, "tune": method})


def carry_out(*jobs):
    this = study()
    this.add(list(jobs))
    assert this.finish() == 0
    return this


def trials_of(folder):
    store = Store(folder / "results")
    result = load_result(store, store.read_study("trial"))
    return result, result.trials.set_index("run_id")


def points(curves, run_id):
    return curves[curves["run_id"] == run_id].drop(columns="run_id").sort_values(["step", "split", "metric"]).to_numpy()


@pytest.fixture(scope="module")
def raced(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raced")
    return folder, carry_out(tuned(folder), tuned(folder, "adam"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The same trials with their whole budgets."""
    folder = tmp_path_factory.mktemp("whole")
    carry_out(tuned(folder, method="sobol"), tuned(folder, "adam", method="sobol"))
    return folder


def test_rungs_are_evaluation_points_and_the_end_is_none():
    built = SimpleNamespace(evaluation_steps=[0, 10, 30, 60, 90], steps_per_epoch=10)
    assert rung_steps(Halving(3, 1), built) == [10, 30]
    assert rung_steps(Halving(2, 1.5), built) == [30, 60]
    assert rung_steps(Halving(3, 9), built) == []


def test_without_min_epochs_rungs_are_shares_of_the_budget():
    one_step_epochs = SimpleNamespace(evaluation_steps=[0, *range(20, 2001, 20)], steps_per_epoch=1)
    assert rung_steps(Halving(3, None), one_step_epochs) == [240, 680]
    assert rung_steps(Halving(3, None, rungs=3), one_step_epochs) == [80, 240, 680]
    assert rung_steps(Halving(2, None, rungs=1), one_step_epochs) == [1000]
    assert rung_steps(Halving(3, None, rungs=10**9), one_step_epochs)[0] == 20
    few_epochs = SimpleNamespace(evaluation_steps=[0, 10, 20, 30], steps_per_epoch=10)
    assert rung_steps(Halving(3, None), few_epochs) == [10]
    both_ends = SimpleNamespace(evaluation_steps=[0, 30], steps_per_epoch=10)
    assert rung_steps(Halving(3, None), both_ends) == []


def test_the_default_has_rungs_at_shares_of_the_budget(tmp_path):
    found = job(tmp_path, "sgd")
    found.config["tune"] = raw_node("tune", "halving")
    assert read_job(found._replace(choices={**found.choices, "tune": "halving"})).tuning.halving == Halving(3, None, 2)


def test_one_in_eta_goes_on_and_at_least_one():
    assert trials_per_rung(16, 3, 3) == [16, 6, 2, 1]
    assert trials_per_rung(2, 4, 2) == [2, 1, 1]


def test_as_many_trials_as_granted_reach_each_rung_and_the_rest_is_pruned(raced):
    result, trials = trials_of(raced[0])
    per_epoch = int(trials["steps"].iloc[0] / EPOCHS)
    last = result.curves.groupby("run_id", observed=True)["step"].max()
    for _, of_job in trials.groupby("optimizer"):
        assert of_job["status"].value_counts().to_dict() == {"pruned": TRIALS - 1, "done": 1}
        reached = last[of_job.index].value_counts().to_dict()
        assert reached == {per_epoch: 3, 2 * per_epoch: 1, 4 * per_epoch: 1, EPOCHS * per_epoch: 1}
        assert of_job["status_detail"].str.contains("Pruned by tuning after").sum() == TRIALS - 1


def test_curves_are_those_of_unpruned_trials_bit_for_bit(raced, whole):
    (pruned, rows), (full, others) = trials_of(raced[0]), trials_of(whole)
    assert set(rows.index) == set(others.index)
    for run_id in rows.index:
        found, expected = points(pruned.curves, run_id), points(full.curves, run_id)
        np.testing.assert_array_equal(found, expected[: len(found)])
        assert (len(found) == len(expected)) == (rows.loc[run_id, "status"] == "done")
        assert rows.loc[run_id, "fingerprint"] == others.loc[run_id, "fingerprint"]


def test_the_best_at_each_rung_go_on(raced, whole):
    (_, rows), (full, _) = trials_of(raced[0]), trials_of(whole)
    loss = full.curves[(full.curves["metric"] == "loss") & (full.curves["split"] == "valid")]
    values = loss.pivot_table(index="run_id", columns="step", values="value", observed=True)
    for _, of_job in rows.groupby("optimizer"):
        active = values.loc[of_job.index]
        for epoch, count in zip((1, 2, 4), COUNTS[1:], strict=True):
            active = active.sort_values(active.columns[epoch], kind="stable").head(count)
        assert of_job.loc[active.index, "status"].tolist() == ["done"]


def test_the_budget_is_the_same_for_each_optimizer_and_stated(raced):
    result, _ = trials_of(raced[0])
    tunings = [entry.tuning for entry in result.file.jobs]
    assert tunings[0].racing == tunings[1].racing
    race = tunings[0].racing
    per_epoch = race.rungs[0]
    assert race.trials == tuple(COUNTS)
    assert race.steps == (6 + 3 + 2 * 2 + 4) * per_epoch
    assert race.of_steps == TRIALS * EPOCHS * per_epoch
    assert from_json(to_json(result.file)) == result.file
    text = describe_racing(tunings)
    assert f"{2 * race.steps:,} of the {2 * race.of_steps:,} steps of full budgets (35 %)" in text
    assert "may have been pruned" in text
    assert describe_racing([]) == ""


def test_a_finished_race_trains_nothing_again(raced):
    folder, first = raced
    assert first.trained == 2 * (1 + 2)  # of each job the last trial and the runs of its setting
    assert carry_out(tuned(folder), tuned(folder, "adam")).trained == 0


def test_where_trials_were_trained_to_their_end_nothing_is_trained_and_the_choice_is_the_same(raced, whole):
    before = Store(whole / "results").runs()
    this = carry_out(tuned(whole), tuned(whole, "adam"))
    assert set(Store(whole / "results").runs()["run_id"]) >= set(before["run_id"])
    chosen = [each.chosen.trial for each in raced[1].jobs]
    assert [each.chosen.trial for each in this.jobs] == chosen
    assert (Store(whole / "results").runs()["status"] == "done").all()


def test_a_trial_that_was_given_up_is_not_chosen_though_another_study_trained_it_to_its_end():
    """Others of the study have not had that budget. The trial is last at the rung and first at the end."""
    built = SimpleNamespace(evaluation_steps=[0, 10, 20], steps_per_epoch=10, metrics=[], diagnoses=[])
    built.model = SimpleNamespace(parameter_names=[])
    runs = [SimpleNamespace(run_id=f"r{k}", setting_id=f"s{k}", setting=k) for k in range(2)]
    options = Tuning(None, 2, [], {}, 1, "final", "loss", Halving(2, 1))
    this = SimpleNamespace(trials=runs, spec=SimpleNamespace(tuning=options, decide_by=None))
    rows = pd.DataFrame({"run_id": ["r0", "r1"], "setting_id": ["s0", "s1"], "status": "done", "setting": ["a", "b"]})
    rows = rows.assign(seed=0, diverged_at_step=np.nan, learning_rate=0.1)
    points = [("r0", 10, 1.0), ("r0", 20, 1.0), ("r1", 10, 2.0), ("r1", 20, 0.5)]
    curves = pd.DataFrame(points, columns=["run_id", "step", "value"]).assign(metric="loss", split="valid")
    progress = Progress(rows.set_index("run_id"), curves, {"r0": 20, "r1": 20})
    assert pending_trials(this, progress, built) is None
    last = finalists(this, progress, built)
    assert [run.run_id for run in last] == ["r0"]
    assert choose(this, runs, rows, curves, {}).trial == 1
    assert choose(this, last, rows, curves, {}).trial == 0


def test_runs_whose_state_is_gone_begin_again_and_come_to_the_same(raced, tmp_path, monkeypatch):
    monkeypatch.setattr(LaneStates, "_put", lambda states, run, state: None)
    carry_out(tuned(tmp_path))
    (expected, _), (found, rows) = trials_of(raced[0]), trials_of(tmp_path)
    for run_id in rows.index:
        np.testing.assert_array_equal(points(found.curves, run_id), points(expected.curves, run_id))


def test_force_races_again(raced):
    folder, _ = raced
    before = Store(folder / "results").runs().set_index("run_id")["serial"]
    again = carry_out(tuned(folder, force=True), tuned(folder, "adam", force=True))
    assert again.trained == 2 * (1 + 2)
    after = Store(folder / "results").runs().set_index("run_id")["serial"]
    assert (after > before.reindex(after.index)).all()


def test_a_race_of_several_problems_states_the_first():
    races = [RacingEntry((10, 30), (4, 2), 80, 120), RacingEntry((20, 60), (4, 2), 160, 240)]
    text = describe_racing([SimpleNamespace(racing=race) for race in races])
    assert "4 to step 10 (33 %), 2 to step 30 (100 %) of the budget, on the first problem. All" in text
    assert "240 of the 360 steps" in text


def test_pruned_rows_yield_to_finished_ones_and_count_as_unfinished(raced):
    store = Store(raced[0] / "results")
    statuses = pd.Series(store.statuses())
    pruned = set(statuses.index[statuses == "pruned"])
    assert pruned
    assert not pruned & store.finished_run_ids()
