"""Search with Optuna by ask and tell: what is reported to it, and that a search goes on as if it had never stopped."""

import importlib
import math
from importlib import metadata
from types import SimpleNamespace

import pytest

from optbench.errors import ConfigError
from optbench.results.store import Store
from optbench.spec.tuning import AdaptiveSearch, SearchChoice, SearchInterval
from optbench.study.optuna_search import OLDEST, ask_points
from tests.conftest import make_problem, raw_node
from tests.study.test_study import job, study

TRIALS, BATCH = 6, 2
SPACES = [SearchInterval(1e-4, 1.0, log=True), SearchChoice(["a", "b", "c"])]
VERSION = metadata.version("optuna") if importlib.util.find_spec("optuna") else "0"
with_optuna = pytest.mark.skipif(
    int(VERSION.partition(".")[0]) < OLDEST, reason=f"Optuna {OLDEST} is not installed: pip install 'optbench[optuna]'"
)


def ask(costs, count=BATCH, sampler="tpe", spaces=SPACES):
    return ask_points(AdaptiveSearch(sampler, BATCH), spaces, make_problem("iris", "softmax"), costs, count)


@with_optuna
@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc"])
def test_points_follow_from_what_was_told_and_lie_in_their_spaces(sampler):
    first = ask([], sampler=sampler)
    assert first == ask([], sampler=sampler)
    second = ask([0.5, math.inf], sampler=sampler)
    assert second == ask([0.5, math.inf], sampler=sampler)
    assert not set(second) & set(first)
    for interval, choice in first + second:
        assert 0 <= interval <= 1
        assert SPACES[1].at(choice) in SPACES[1].values


@with_optuna
def test_a_search_comes_closer_to_the_best():
    costs, points = [], []
    while len(costs) < 24:
        more = ask(costs, spaces=SPACES[:1])
        points += [point for (point,) in more]
        costs += [(point - 0.7) ** 2 for (point,) in more]
    assert sum(costs[-8:]) < sum(costs[:8]) / 2


def tuned(folder, optimizer):
    found = job(folder, optimizer, seeds=2, epochs=1, model="softmax")
    found.config["tune"] = {**raw_node("tune", "optuna"), "trials": TRIALS, "batch": BATCH}
    return found._replace(choices={**found.choices, "tune": "optuna"})


def carry_out(folder):
    this = study()
    this.add([tuned(folder, "sgd"), tuned(folder, "adam")])
    assert this.finish() == 0
    return this


@with_optuna
def test_each_optimizer_has_its_trials_and_the_same_search_trains_nothing_again(tmp_path):
    first = carry_out(tmp_path)
    assert [len(each.trials) for each in first.jobs] == [TRIALS, TRIALS]
    assert [len({run.setting_id for run in each.trials}) for each in first.jobs] == [TRIALS, TRIALS]
    assert first.trained == 2 * (TRIALS + 2)
    again = carry_out(tmp_path)
    assert again.trained == 0
    assert [each.chosen for each in again.jobs] == [each.chosen for each in first.jobs]
    entry = Store(tmp_path / "results").read_study("trial").jobs[0].tuning
    assert (entry.method, entry.trials) == ("optuna", TRIALS)


@pytest.mark.parametrize("installed", [None, "2.10.1"])
def test_without_a_present_optuna_there_is_one_line(tmp_path, monkeypatch, installed):
    found = importlib.import_module

    def import_module(name, package=None):
        if name != "optuna":
            return found(name, package)
        if installed is None:
            raise ImportError(name)
        return SimpleNamespace(__version__=installed)

    monkeypatch.setattr("optbench.study.optuna_search.importlib.import_module", import_module)
    line = r"`tune=optuna` needs Optuna.*Install it: pip install 'optbench\[optuna\]'\.$"
    with pytest.raises(ConfigError, match=line):
        ask([])
