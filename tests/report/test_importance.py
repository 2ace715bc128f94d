"""The part on the importance of hyperparameters, if at least two were tuned."""

from dataclasses import replace

import numpy as np
import pytest

from optbench.report.parts import importance
from optbench.report.scope import Scope
from tests.report.made_studies import tuned

RATES = tuple(10.0 ** (-4 + 0.2 * place) for place in range(16))
MOMENTA = {rate: (7 * place % 16) / 16 for place, rate in enumerate(RATES)}


def score(runs, curves):
    """The loss depends on the learning rate alone, in decades from 0.01, and not on the momentum."""
    ends = {r: abs(np.log10(rate) + 2) for r, rate in zip(runs["run_id"], runs["hp.learning_rate"], strict=True)}
    runs = runs.assign(**{"hp.momentum": runs["hp.learning_rate"].map(MOMENTA), "hp.nesterov": runs["seed"] == 0})
    return runs, curves.assign(value=np.where(curves["metric"] == "loss", curves["run_id"].map(ends), curves["value"]))


def study(*parameters, change=score):
    data = tuned(RATES, RATES[10], change, seeds=2, points=2)
    jobs = tuple(replace(job, tuning=replace(job.tuning, parameters=parameters)) for job in data.study.jobs)
    return replace(data, result=replace(data.result, file=replace(data.result.file, jobs=jobs)))


def part_of(data):
    return importance.part(Scope(data, "digits_mlp", 0))


def test_the_hyperparameter_that_decides_explains_most():
    part = part_of(study("learning_rate", "momentum"))
    rows = {row.header: [cell[:2] for cell in row.cells] for row in part.body.tables[0].rows}
    assert next(iter(rows)).endswith(": learning_rate")
    assert {name.partition(": ")[2] for name in rows} == {"learning_rate", "momentum"}
    alone = {row.header: row.cells[0].sort for row in part.body.tables[0].rows}
    assert alone["adam: learning_rate"] > 0.7 > 0.3 > alone["adam: momentum"]
    assert rows["adam: learning_rate"][2] == ("0.01", "")
    assert rows["adam: momentum"][1][1] == "with learning_rate"
    assert rows["adam: learning_rate"][3][1] == "16 trials"


def test_each_optimizer_has_a_heat_map_and_its_trials():
    drawings = part_of(study("learning_rate", "momentum")).body.drawings
    assert [drawing.name for drawing in drawings if "adam" in drawing.name] == ["p0-importance-adam", "p0-trials-adam"]
    assert len(drawings) == 4
    assert all(drawing.draw().axes for drawing in drawings)
    assert len(drawings[1].data) == 16


def test_a_diverged_trial_is_the_worst_and_has_a_dot():
    def lost(runs, curves):
        runs, curves = score(runs, curves)
        gone = (runs["hp.learning_rate"] == RATES[15]) & (runs["role"] == "trial")
        steps = np.where(gone, 5.0, np.nan)
        return runs.assign(status=np.where(gone, "diverged", runs["status"]), diverged_at_step=steps), curves

    trials = importance.trial_tables(Scope(study("learning_rate", "momentum", change=lost), "digits_mlp", 0))["adam"]
    assert trials.loc[trials["learning_rate"] == RATES[15], "score"].tolist() == [trials["score"].max()]


@pytest.mark.parametrize("more", [(), ("nesterov",), ("unknown.x",)])
def test_with_one_hyperparameter_that_varies_there_is_no_part(more):
    assert part_of(study("learning_rate", *more)) is None
