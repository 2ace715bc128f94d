"""Metrics in training: what is recorded, lane by lane, and what an id depends on."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import f1_score, roc_auc_score

from optbench.config.sources import Sources
from optbench.problem.built import BuiltProblems, choose_parts, recorded_metrics
from optbench.problem.metrics import choose_metrics, read_metrics, with_decisive
from optbench.spec.decide_by import DecideBy
from optbench.spec.labels import problem_labels
from optbench.spec.run import from_config, identify
from optbench.spec.tuning import SearchInterval
from optbench.study.tuning import random_points, sobol_points
from tests.conftest import build_dataset, make_problem, make_setting
from tests.losses.made_up import made_up_dataset
from tests.training.helpers import runs_of, trained

ASKED = ["accuracy", "f1_macro", "auc", "tests.metrics.own.cost"]
SMALL = {"dataset": {"limit": 150}, "model": {"hidden": [8]}}


def with_metrics(asked, **values):
    """A small problem that records metrics."""
    return replace(make_problem("digits", "mlp", nodes=SMALL, steps=3, points=2, **values), metrics=read_metrics(asked))


def values_of(shown, lane):
    """The recorded values of a lane at the last point, by split and metric."""
    return {(s, name): float(v[lane]) for s, of_split in shown.metrics[-1].items() for name, v in of_split.items()}


def test_lanes_record_what_their_own_predictions_give():
    problem = with_metrics(ASKED)
    runs, built = runs_of(problem, make_setting("adam"), seeds=[0, 1]), BuiltProblems().get(problem)
    for _, shown, lane in trained(runs, "xla").values():
        params, seen = [tensor[lane] for tensor in shown.params], values_of(shown, lane)
        for name, split in built.data.evaluated.items():
            x = built.dataset.prepare(split.x, "float32")
            outputs, y = np.asarray(built.model.apply(params, [], x, False, None)[0]), np.asarray(split.y)
            wrong = outputs.argmax(1) != y
            assert seen[name, "accuracy"] == pytest.approx(1 - np.mean(wrong))
            assert seen[name, "f1_macro"] == pytest.approx(f1_score(y, outputs.argmax(1), average="macro"), rel=1e-5)
            area = roc_auc_score(y, softmax(outputs.astype(float), axis=1), multi_class="ovr")
            assert seen[name, "auc"] == pytest.approx(area, abs=1e-4)
            assert seen[name, "cost"] == pytest.approx(np.mean(np.where(y == 1, 5, 1) * wrong))


def test_a_lane_that_diverged_has_no_value_and_its_neighbor_has():
    problem = with_metrics(["tests.metrics.own.cost"])
    runs = runs_of(problem, make_setting("sgd", learning_rate=1e30), make_setting("sgd"), seeds=[0])
    (_, shown, bad), (_, _, good) = trained(runs, "graph").values()
    cost = shown.metrics[-1]["valid"]["cost"]
    assert np.isnan(cost[bad])
    assert np.isfinite(cost[good])


def test_exactly_what_is_asked_for_is_recorded_beside_the_loss(stand_ins):
    digits = build_dataset("digits", stand_ins)
    for asked, names in (
        (ASKED, ["loss", "accuracy", "f1_macro", "auc", "cost"]),
        (["f1_macro"], ["loss", "f1_macro"]),
        (["auto", {"top_k": {"k": 3}}], ["loss", "accuracy", "top_3_accuracy"]),
        ("auto", ["loss", "accuracy"]),
        ([], ["loss"]),
    ):
        problem = choose_parts(with_metrics(asked), digits)
        assert recorded_metrics(problem, BuiltProblems().get(problem)) == names


def ids(problem, data="data"):
    return identify(problem, make_setting(), [0], Sources(), data)[0]


def test_what_decides_is_recorded_where_metrics_follow_the_data():
    def decided(asked, decide):
        return with_decisive(read_metrics(asked), DecideBy(decide))

    assert decided("auto", "f1_macro") == ["auto", *read_metrics(["f1_macro"])]
    assert decided("auto", "loss") is decided("auto", "mine") is decided("auto", "function") is None
    assert decided(["auc"], "f1_macro") == read_metrics(["auc"])
    assert with_decisive(None, None) is None
    dataset = made_up_dataset()
    assert choose_metrics(decided("auto", "accuracy"), dataset) is None, "the id stays the same"


def test_the_usual_metrics_by_their_names_are_no_part_of_an_id():
    dataset = made_up_dataset()
    usual = make_problem()
    for asked in ("auto", ["auto"], ["accuracy"], ["accuracy", "auto"]):
        named = replace(usual, metrics=choose_metrics(read_metrics(asked), dataset))
        assert ids(named).run_id == ids(usual).run_id
        assert problem_labels({"a": named}) == problem_labels({"a": usual})


def test_other_metrics_are_part_of_an_id_in_any_order_and_not_of_what_is_drawn():
    usual = make_problem()
    one, other = (replace(usual, metrics=read_metrics(asked)) for asked in (["f1_macro", "auc"], ["auc", "f1_macro"]))
    assert ids(one).run_id == ids(other).run_id != ids(usual).run_id
    for points in (random_points, sobol_points):
        spaces = [SearchInterval(0.0, 1.0, log=False)]
        assert points(spaces, 3, one) == points(spaces, 3, usual)


def test_the_code_of_a_function_is_part_of_the_id():
    problems = [
        replace(make_problem(), metrics=read_metrics([f"tests.metrics.own.{n}"])) for n in ("cost", "gini_score")
    ]
    runs = [ids(problem) for problem in problems]
    assert runs[0].run_id != runs[1].run_id
    assert all(run.identified for run in runs)
    assert ids(problems[0]).code != ids(make_problem()).code


def test_a_stored_run_tells_its_metrics():
    problem = replace(make_problem(), metrics=read_metrics([{"top_k": {"k": 3}}]))
    assert from_config(ids(problem).config(), problem.names)[0] == problem


def test_the_unit_of_the_targets_is_part_of_the_id_where_metrics_are_in_it(monkeypatch):
    problem = make_problem("diabetes", "softmax", "mse")
    digests = []
    for scale in (1.0, 2.0):
        for metrics in (None, read_metrics(["mae"])):
            builds = BuiltProblems()
            dataset, *rest = builds._dataset(problem)
            scaled = dataset._replace(target_scale=np.array([scale]), target_offset=np.zeros(1))
            monkeypatch.setattr(builds, "_dataset", lambda config, found=(scaled, *rest): found)
            digests.append(builds.get(replace(problem, metrics=metrics)).data_digest)
    assert digests[0] == digests[2]
    assert digests[1] != digests[3]
