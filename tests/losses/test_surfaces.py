"""Test functions: their values, their minima, and the engine on them against closed forms."""

import math
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

import optbench
from optbench.config.build import check, make
from optbench.errors import ConfigError
from optbench.losses import _surfaces as surfaces
from optbench.models.base import Inputs
from optbench.problem.built import BuiltProblems
from optbench.sweep.plan import cut_shards
from optbench.training.loop import initial_weights_name
from tests.conftest import make_problem, make_setting, raw_node, stems
from tests.study.test_study import job, study
from tests.training.helpers import runs_of, trained

# Each value is the formula's, worked out by hand.
KNOWN = [
    ("rosenbrock", [-1.2, 1.0], 2.2**2 + 100 * 0.44**2),  # 1 + 1.2 = 2.2; 1 - 1.44 = -0.44
    ("rosenbrock", [0.0, 0.0], 1.0),
    ("beale", [0.0, 0.0], 1.5**2 + 2.25**2 + 2.625**2),
    ("beale", [1.0, 1.0], 1.5**2 + 2.25**2 + 2.625**2),  # -x + x y^k = 0
    ("himmelblau", [0.0, 0.0], 11**2 + 7**2),
    ("himmelblau", [1.0, 1.0], 9**2 + 5**2),
    ("rastrigin", [1.0, -2.0, 3.0], 1 + 4 + 9),  # whole numbers: the wave is at its trough
    ("rastrigin", [0.5], 0.25 + 20),  # and here at its crest
    ("ackley", [1.0, 1.0, -1.0], 20 * (1 - math.exp(-0.2))),  # r = 1, the wave at its trough
    ("ackley", [0.5], 20 * (1 - math.exp(-0.1)) + math.e - math.exp(-1)),
    ("quadratic", [1.0, 1.0], (1 + 100) / 2),
    ("quadratic", [1.0, 2.0, 3.0], (1 + 10 * 4 + 100 * 9) / 2),
    ("quadratic", [3.0], 4.5),
]
# A sum of squares is lowest where all of them are 0; and there its gradient, twice the sum of each root times that
# root's gradient, is 0 too.
#   rosenbrock  1 - x = 0 and y - x² = 0                 x = 1, y = 1
#   beale       x (1 - y^k) = c_k for k = 1, 2, 3        the second over the first: 1 + y = 1.5, so y = 0.5; then
#                                                        x = 1.5 / 0.5 = 3; the third holds: 3 (1 - 0.125) = 2.625
#   himmelblau  x² + y = 11 and x + y² = 7               (3, 2): 9 + 2 and 3 + 4; the other three by Newton's method
# The others are sums of terms that are at least 0, and each is 0 at x = 0: x² and 1 - cos 2πx; 1 - exp(-r / 5) and
# e - exp(mean cos 2πx). At 0 ackley has a tip.
NAMES = ["ackley", "beale", "himmelblau", "quadratic", "rastrigin", "rosenbrock"]


def loss(name, **values):
    return make(check(raw_node("loss", name, **values), "loss"))


def surface(name):
    return surfaces.quadratic(100.0) if name == "quadratic" else getattr(surfaces, name)()


def value_and_gradient(name, place, dtype="float64"):
    outputs = tf.constant([place], dtype)
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        value = loss(name).value(outputs, None)
    return value.numpy()[0], tape.gradient(value, outputs).numpy()[0]


def places(name):
    kind = surface(name)
    return [place for d in ([kind.dimension] if kind.dimension else [1, 2, 7]) for place in kind.minima(d)]


def test_every_test_function_is_here():
    assert {name for name in stems("loss") if loss(name).surface} == set(NAMES) == {name for name, _, _ in KNOWN}


@pytest.mark.parametrize(("name", "place", "expected"), KNOWN)
def test_a_value_is_the_formulas_in_tensors_and_in_numpy(name, place, expected):
    assert value_and_gradient(name, place)[0] == pytest.approx(expected, rel=1e-12)
    assert value_and_gradient(name, place, "float32")[0] == pytest.approx(expected, rel=1e-6)
    assert surface(name).at(place) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_value_at_a_minimum_is_the_least_and_the_gradient_there_is_zero(name):
    for place in places(name):
        value, gradient = value_and_gradient(name, place)
        assert value == pytest.approx(surface(name).minimum, abs=1e-25)
        np.testing.assert_allclose(gradient, 0, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_around_a_minimum_lies_lower(name):
    generator = np.random.default_rng(0)
    for place in places(name):
        around = np.array(place) + generator.normal(size=(2000, len(place))) * 10.0 ** generator.uniform(
            -3, 1, (2000, 1)
        )
        assert (surface(name).at(around) > surface(name).minimum).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_that_of_differences(name):
    dimension = surface(name).dimension or 3
    place, h = np.random.default_rng(1).normal(size=dimension), 1e-6
    differences = [(surface(name).at(place + e) - surface(name).at(place - e)) / (2 * h) for e in h * np.eye(dimension)]
    np.testing.assert_allclose(value_and_gradient(name, place)[1], differences, rtol=1e-6, atol=1e-6)


def on_surface(name, start, condition=None, jitter=0.0, **values):
    nodes = {"model": {"start": start, "jitter": jitter}, "loss": {} if condition is None else {"condition": condition}}
    return make_problem("none", "point", name, nodes=nodes, **values)


def test_sgd_on_the_quadratic_follows_its_closed_form():
    """Coordinate i is multiplied with 1 - α c_i at each step, so that f = Σ c_i x_i² (1 - α c_i)^(2t) / 2."""
    start, rate, conditions = [1.0, -2.0, 0.5], 0.01, [1.0, 10.0, 100.0]
    problems = [on_surface("quadratic", start, c, steps=50, precision="float64") for c in conditions]
    runs = [run for p in problems for run in runs_of(p, make_setting("sgd", learning_rate=rate), seeds=[0])]
    assert len({shard.program.key for shard in cut_shards(runs, BuiltProblems(), "auto", workers=1)}) == 1
    shown, t = trained(runs), np.arange(51)[:, None]
    for run, condition in zip(runs, conditions, strict=True):
        c = condition ** np.array([0, 0.5, 1])
        expected = (c * np.square(np.array(start) * (1 - rate * c) ** t)).sum(axis=1) / 2
        np.testing.assert_allclose(shown[run.run_id][0][:, 0], expected, rtol=1e-10)


@pytest.mark.parametrize("batch_size", [32, "full", 1])
def test_an_epoch_is_one_step_whatever_the_batch_size(batch_size):
    problem = on_surface("rosenbrock", [0.0, 0.0], epochs=7, batch_size=batch_size)
    (run,) = runs_of(problem, make_setting("sgd", learning_rate=1e-3), seeds=[0])
    curve, shown, lane = trained([run])[run.run_id]
    assert shown.steps == list(range(8))
    assert shown.updates[lane] == 7
    assert curve[0].tolist() == [1.0]  # the loss on train, and nothing else
    assert curve[-1] < curve[0]


def test_jitter_displaces_the_start_of_each_seed_and_not_of_each_optimizer():
    problem = on_surface("ackley", [1.0] * 1000, jitter=0.5, steps=1)
    runs = runs_of(problem, make_setting("sgd"), make_setting("adam"), seeds=[0, 1])
    model = BuiltProblems().get(problem).model
    starts = [model.init(initial_weights_name(run))[0][0] for run in runs]
    np.testing.assert_array_equal(starts[0], starts[2])
    assert not np.array_equal(starts[0], starts[1])
    assert np.std(starts[0]) == pytest.approx(0.5, rel=0.1)
    assert np.mean(starts[0]) == pytest.approx(1.0, abs=0.05)
    still = BuiltProblems().get(on_surface("ackley", [1.0, 2.0])).model.init("any")[0][0]
    np.testing.assert_array_equal(still, np.array([1.0, 2.0], np.float32))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_rule_finds_a_minimum_of_himmelblau(optimizer):
    problem = on_surface("himmelblau", [2.0, 1.0], steps=400, precision="float64")
    (run,) = runs_of(problem, make_setting(optimizer, learning_rate=0.02 if optimizer == "sgd" else 0.1), seeds=[0])
    assert trained([run])[run.run_id][0][-1, 0] < 1e-6


def test_a_study_of_test_functions_has_its_labels_and_chooses_on_train(tmp_path, reports_without_figures):
    this, jobs = study(), []
    for name in ("beale", "rosenbrock"):
        values = {"rule": {"learning_rate": 1e-3}, "loss": raw_node("loss", name), "steps": 20, "compile": "eager"}
        one = job(tmp_path, "sgd", "none", "point", **values)
        jobs.append(one._replace(choices={**one.choices, "loss": name}))
    values = this.add(jobs)
    assert this.finish() == 0
    runs, curves = optbench.load(tmp_path / "results", "trial")
    assert list(dict.fromkeys(runs["problem"])) == ["beale_point", "rosenbrock_point"]
    assert set(curves["split"]) == {"train"}
    assert "0 at (3, 0.5)" in (tmp_path / "reports" / "trial" / "index.html").read_text()
    last = curves[curves["step"] == 20].merge(runs[["run_id", "job"]])
    assert values == pytest.approx(last.groupby("job")["value"].mean().tolist())


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            ("none", "mlp", "mse"),
            r"`model=mlp` learns from inputs\. Received: examples without any\.",
        ),
        (
            ("iris", "point", "beale"),
            r"`model=point` reads no data\. Received: examples of shape \[4\]\. Take dataset=none",
        ),
        (
            ("iris", "softmax", "beale"),
            r"`loss=beale` is a function of a point and reads no data\. Received: dataset=iris",
        ),
        (("none", "point", "cross_entropy"), r"`loss=cross_entropy` needs classes\. Received: dataset=none"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts, message):
    with pytest.raises(ConfigError, match=message):
        BuiltProblems().get(make_problem(*parts))


def test_a_start_of_the_wrong_dimension_is_refused():
    message = (
        r"`loss=beale` is a function of 2 numbers\. Received: model\.start of 3\. Give model\.start=\[3\.0, 0\.5\]"
    )
    with pytest.raises(ConfigError, match=message):
        BuiltProblems().get(on_surface("beale", [1.0, 2.0, 3.0]))
    with pytest.raises(ConfigError, match=r"`model\.start` must hold a number for each dimension"):
        make(check(raw_node("model", "point", start=[]), "model", ("inputs",)), inputs=Inputs((0,), 1, "float32"))


def test_the_same_point_in_other_precision_starts_alike():
    problem = on_surface("rosenbrock", [-1.2, 1.0], steps=2)
    for precision in ("float32", "float64"):
        (run,) = runs_of(replace(problem, precision=precision), make_setting("sgd", learning_rate=1e-4), seeds=[0])
        assert trained([run])[run.run_id][0][0, 0] == pytest.approx(24.2, rel=1e-6)


def test_a_minimum_is_told_in_words():
    assert surfaces.describe_minima(surfaces.beale(), 2) == "0 at (3, 0.5)"
    assert surfaces.describe_minima(surfaces.himmelblau(), 2).startswith("0 at (3, 2), (-2.805, 3.131), ")
    assert surfaces.describe_minima(surfaces.ackley(), 1000) == "0 at (0, 0, 0, ...)"
