"""Each diagnostic of a small network compared with float64 NumPy, and training that diagnostics do not affect."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from optbench.diagnostics.base import Diagnosis
from optbench.diagnostics.basics import noise
from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblems, check_decision, declared_ranges
from optbench.problem.diagnose import build_diagnoses, make_diagnosis, read_diagnose
from optbench.spec.decide_by import DecideBy
from optbench.spec.diagnostics import QUANTITIES, is_diagnostic
from optbench.spec.status import RunStatus
from optbench.sweep.record import Ending, curve_table, shard_curves
from optbench.training.batches import Batches
from optbench.training.diagnosis import spread
from optbench.training.loop import initial_weights_name
from tests.conftest import make_problem, make_setting, raw_node, stems
from tests.diagnostics.network import Network, flat, shaped
from tests.training.helpers import runs_of, trained

RATE, MU, SATURATION, RHO = 0.3, 0.5, 0.6, 0.05
SEED, SIZE = 3, 20
ALL = {
    stem: {stem: {**raw_node("diagnose", stem)[stem], "every": 1, **values}}
    for stem, values in {
        "basics": {"saturation": SATURATION},
        "curvature": {"iterations": 40, "probes": 300, "rho": RHO},
    }.items()
}


def problem_of(diagnose=None, **values):
    """Iris with four hidden units, batches of 20 for two epochs."""
    nodes = {
        "model": {"hidden": [4], "nonlinearity": raw_node("model", "mlp")["nonlinearity"] | {"activation": "tanh"}}
    }
    problem = make_problem("iris", "mlp", nodes=nodes, batch_size=SIZE, precision="float64", **values)
    return replace(problem, diagnose=read_diagnose(diagnose or {}))


def trained_once(problem, setting, compile_as="graph"):
    (run,) = runs_of(problem, setting, seeds=[SEED])
    _, shown, lane = trained([run], compile_as)[run.run_id]
    assert lane == 0
    return run, shown


@cache
def recorded():
    """Diagnostics of momentum at each evaluation point, those of both kinds, and its run."""
    return trained_once(problem_of(ALL["basics"] | ALL["curvature"]), momentum())


def momentum():
    return make_setting("momentum", learning_rate=RATE, mu=MU)


@cache
def expected():
    """Parameters, gradient, update and the update after it, in NumPy, at each evaluation point."""
    run, shown = recorded()
    built = BuiltProblems().get(run.problem)
    data = built.data.train
    x, y = np.asarray(data.x), np.asarray(data.y)
    params = [np.asarray(p, np.float64) for p in built.model.init(initial_weights_name(run))[0]]
    batches = Batches(run.problem, SEED, built.dataset.train.examples, SIZE).take(shown.steps[-1] + 2)
    networks = [Network(x[batch], y[batch]) for batch in batches]
    halves = [[Network(x[part], y[part]) for part in np.split(batch, 2)] for batch in batches]
    start, velocity, found = params, [np.zeros_like(p) for p in params], {}
    steps = []
    for network in networks:
        grads = network.gradient(params)
        velocity = [MU * v + g for v, g in zip(velocity, grads, strict=True)]
        updates = [-RATE * v for v in velocity]
        steps.append((params, grads, updates))
        params = [p + u for p, u in zip(params, updates, strict=True)]
    for point, step in enumerate(shown.steps):
        found[point] = (*steps[step], steps[step + 1][2], start, networks[step], halves[step])
    return found


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def basics_in_numpy(params, grads, updates, later, start, network, halves):
    p, g, u, v, s = map(flat, (params, grads, updates, later, start))
    first, second = (flat(half.gradient(params)) for half in halves)
    variance, signal = np.sum((first - second) ** 2) / 4, first @ second
    return {
        "gradient_norm": np.linalg.norm(g),
        "update_norm": np.linalg.norm(u),
        "parameter_norm": np.linalg.norm(p),
        "update_ratio": np.linalg.norm(u) / np.linalg.norm(p),
        "effective_learning_rate": np.linalg.norm(u) / np.linalg.norm(g),
        "start_distance": np.linalg.norm(p - s),
        "update_alignment": cosine(u, -g),
        "update_persistence": cosine(u, v),
        "zero_updates": np.mean(u == 0),
        "saturated_updates": np.mean(flat([abs(t) >= SATURATION * abs(t).max() for t in updates])),
        "gradient_noise_scale": SIZE * variance / signal if signal > 0 else np.inf,
        "gradient_snr": np.sum(((first + second) / 2) ** 2) / variance,
        "update_ratio/dense_0": np.linalg.norm(flat(updates[:2])) / np.linalg.norm(flat(params[:2])),
        "update_ratio/output": np.linalg.norm(flat(updates[2:])) / np.linalg.norm(flat(params[2:])),
    }


def parabola(start, end, first, last):
    """Where the extremum is of the parabola that fits values and slopes at 0 and 1, by least squares."""
    rows = [[1, 0, 0], [1, 1, 1], [0, 1, 0], [0, 1, 2]]
    _, a, b = np.linalg.lstsq(np.array(rows, float), np.array([start, end, first, last]), rcond=None)[0]
    return -a / (2 * b)


def curvature_in_numpy(params, grads, updates, later, start, network, halves):
    hessian, g, u = network.hessian(params), flat(grads), flat(updates)
    end = shaped(flat(params) + u, params)
    slopes = g @ u, flat(network.gradient(end)) @ u
    uphill = shaped(flat(params) + RHO * g / np.linalg.norm(g), params)
    largest = np.linalg.eigvalsh(hessian)[-1]
    return {
        "hessian_max_eigenvalue": largest,
        "step_curvature": u @ hessian @ u / (u @ u),
        "alpha": 1 / parabola(network.loss(params), network.loss(end), *slopes) - 1,
        "sharpness": network.loss(uphill) - network.loss(params),
        "stability_ratio": largest * RATE / 2,
    }


@pytest.mark.parametrize(("oracle", "tolerance"), [(basics_in_numpy, 1e-9), (curvature_in_numpy, 1e-6)])
def test_diagnostics_are_those_of_numpy(oracle, tolerance):
    _, shown = recorded()
    for point, values in expected().items():
        measured = {name: value[0] for name, value in shown.metrics[point]["train"].items()}
        for name, value in oracle(*values).items():
            assert measured[name] == pytest.approx(value, rel=tolerance, abs=1e-12), (point, name)


def test_the_trace_of_the_hessian_is_within_the_error_of_its_estimate():
    """The variance of zᵀHz over random signs is twice the sum of squares beside the diagonal."""
    _, shown = recorded()
    for point, (params, *_, network, _halves) in expected().items():
        hessian = network.hessian(params)
        beside = hessian - np.diag(np.diag(hessian))
        error = np.sqrt(2 * np.sum(beside**2) / 300)
        assert abs(shown.metrics[point]["train"]["hessian_trace"][0] - np.trace(hessian)) < 4 * error


def test_every_quantity_is_recorded_and_declared():
    run, shown = recorded()
    names = [name for name in shown.metrics[0]["train"] if is_diagnostic(name)]
    assert {name.partition("/")[0] for name in names} == set(QUANTITIES)
    assert all(not is_diagnostic(name) for split in ("valid", "test") for name in shown.metrics[0].get(split, {}))
    assert set(names) <= set(declared_ranges(BuiltProblems().get(run.problem)))


def test_curves_with_diagnostics_are_those_without_bit_by_bit():
    run, shown = recorded()
    _, plain = trained_once(replace(run.problem, diagnose=None), momentum())
    assert plain.steps == shown.steps
    for without, beside in zip(plain.metrics, shown.metrics, strict=True):
        for split, of_split in without.items():
            for metric, values in of_split.items():
                np.testing.assert_array_equal(values, beside[split][metric])
    assert plain.fingerprints == shown.fingerprints
    for without, beside in zip(plain.params, shown.params, strict=True):
        np.testing.assert_array_equal(without, beside)


def test_updates_that_take_the_sign_are_saturated_and_orthogonal_ones_are_not_aligned():
    problem = problem_of(ALL["basics"], steps=1)
    _, shown = trained_once(problem, make_setting("signsgd", learning_rate=0.1), "eager")
    last = shown.metrics[-1]["train"]
    assert last["saturated_updates"][0] == pytest.approx(1 - last["zero_updates"][0])
    assert 0 < last["update_alignment"][0] < 1


@pytest.mark.parametrize(
    ("points", "every", "found"),
    [
        ([0, 10, 20, 30], 1, [0, 10, 20, 30]),
        ([0, 10, 20, 30], 15, [0, 20, 30]),
        ([0, 10, 20, 30], 1000, [0, 30]),
        ([0, 100, 200, 300, 400, 450], 200, [0, 200, 450]),
        ([0], 1, [0]),
    ],
)
def test_the_points_that_are_measured_are_spread_and_have_both_ends(points, every, found):
    assert spread(points, every) == found


def test_what_is_not_measured_has_no_row_and_leaves_the_other_curves_as_they_are():
    def rows(every):
        basics = {"basics": {**ALL["basics"]["basics"], "every": every}}
        run, shown = trained_once(problem_of(basics), momentum(), "eager")
        ending = Ending(RunStatus.DONE, "", None)
        return curve_table([run], shard_curves(shown), [ending], 1).set_index(["step", "split", "metric"])["value"]

    few, all_points = rows(10_000), rows(1)
    assert sorted(few.xs("gradient_norm", level="metric").index.get_level_values("step")) == [0, 8]
    assert len(all_points.xs("gradient_norm", level="metric")) == 3
    assert few.notna().all()
    assert (few == all_points.loc[few.index]).all()
    assert len(few.xs("loss", level="metric")) == len(all_points.xs("loss", level="metric"))


def test_halves_of_an_odd_batch_leave_its_last_example_out():
    run, shown = trained_once(replace(problem_of(ALL["basics"], steps=1), batch_size=21), momentum(), "eager")
    built = BuiltProblems().get(run.problem)
    batch = Batches(run.problem, SEED, built.dataset.train.examples, 21).take(1)[0]
    params = [np.asarray(p, np.float64) for p in built.model.init(initial_weights_name(run))[0]]
    x, y = np.asarray(built.data.train.x), np.asarray(built.data.train.y)
    first, second = (flat(Network(x[part], y[part]).gradient(params)) for part in (batch[:10], batch[10:20]))
    expected_ratio = np.sum(((first + second) / 2) ** 2) / (np.sum((first - second) ** 2) / 4)
    assert shown.metrics[0]["train"]["gradient_snr"][0] == pytest.approx(expected_ratio, rel=1e-9)


def test_a_gradient_without_signal_has_an_infinite_noise_scale_and_one_without_noise_an_infinite_ratio():
    import tensorflow as tf

    one, zero = tf.constant(1.0), tf.constant(0.0)
    assert [float(v) for v in noise(zero, one, 8).values()] == [np.inf, 0.0]
    assert [float(v) for v in noise(one, zero, 8).values()] == [0.0, np.inf]
    assert [float(v) for v in noise(zero, zero, 8).values()] == [np.inf, np.inf]


def test_runs_with_diagnostics_are_other_runs_and_those_without_keep_their_ids():
    plain, measured = problem_of(), problem_of(ALL["basics"])
    assert plain.diagnose is None
    assert "diagnose" not in plain.identity()
    ids = [runs_of(problem, momentum(), seeds=[0])[0].run_id for problem in (plain, measured)]
    assert ids[0] != ids[1]
    assert plain.training_identity() == measured.training_identity()


def test_batches_are_looked_at_without_taking_them():
    batches = [Batches(make_problem(batch_size=10), 0, 103, 10) for _ in range(2)]
    ahead = batches[0].peek(25)
    np.testing.assert_array_equal(batches[0].take(25), ahead)
    batches[1].take(25)
    assert batches[0].digest(25) == batches[1].digest(25)


@pytest.mark.parametrize("stem", stems("diagnose"))
def test_an_item_measures_quantities_that_have_a_description(stem):
    diagnosis = make_diagnosis(read_diagnose(raw_node("diagnose", stem))[0])
    assert set(diagnosis.quantities) <= set(QUANTITIES)
    assert set(diagnosis.per_layer) <= set(diagnosis.quantities)


def test_every_quantity_is_of_one_item():
    found = [q for stem in stems("diagnose") for d in read_diagnose(raw_node("diagnose", stem)) for q in of(d)]
    assert sorted(found) == sorted(QUANTITIES)


def of(node):
    return make_diagnosis(node).quantities


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("basics", "must list files of conf/diagnose in brackets"),
        ({"basics": {"_target_": "optbench.diagnostics.basics.basics", "saturation": 0}}, "saturation"),
        ({"mine": {"_target_": "optbench.metrics.accuracy.accuracy"}}, "must make an optbench.diagnostics.base"),
    ],
)
def test_a_wrong_value_is_refused(value, line):
    with pytest.raises(ConfigError, match=line):
        read_diagnose(value)


def test_nothing_is_decided_by_a_diagnostic():
    problem = problem_of(ALL["basics"])
    with pytest.raises(ConfigError, match="gradient_norm"):
        check_decision(DecideBy("gradient_norm", "train"), problem, BuiltProblems().get(problem))


def test_a_metric_with_the_name_of_a_diagnostic_is_refused():
    from optbench.metrics.base import ERROR, Metric

    with pytest.raises(ConfigError, match="update_norm"):
        build_diagnoses(read_diagnose(ALL["basics"]), [Metric("update_norm", ERROR, None)])
    assert isinstance(build_diagnoses(read_diagnose(ALL["basics"]), [])[0], Diagnosis)
