"""Noise on the gradients of test functions: its size, the same for all settings, and none by default."""

from dataclasses import replace

import numpy as np
import pytest

from optbench.config.build import TARGET, check
from optbench.losses import _surfaces as surfaces
from optbench.losses.base import surface_loss
from optbench.problem.built import BuiltProblems
from optbench.sweep.plan import cut_shards
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of, trained

FRAGILE = ["himmelblau", "rastrigin"]  # whose curves lost bits where a term of the loss, 0, made the noise


def noisy(name="quadratic", start=(0.0, 0.0), noise=0.5, **values):
    nodes = {"model": {"start": list(start), "jitter": values.pop("jitter", 0.0)}, "loss": {"noise": noise}}
    return make_problem("none", "point", name, nodes=nodes, **values)


def paths(runs):
    """Of each run where it was at each evaluation point, (points, dimension)."""
    results = trained(runs, "graph")
    found = {}
    for run in runs:
        _, shown, lane = results[run.run_id]
        found[run.run_id] = np.array([r.array for r in shown.recorded if r.lane == lane and r.kind == "path"])
    return found


def test_noise_is_normal_with_the_deviation_asked_for_and_new_at_each_step():
    """At the minimum of a bowl the gradient is the noise, and SGD with rate 1 takes it away: x1 = -n1; the curvatures
    are 1, so x2 = x1 - x1 - n2 = -n2."""
    size = 4000
    problem = noisy(start=[0.0] * size, noise=0.5, steps=2)
    node = {**problem.loss, "condition": 1.0}
    runs = runs_of(replace(problem, loss=node), make_setting("sgd", learning_rate=1.0), seeds=[0, 1])
    first, second = paths(runs).values()
    drawn = [first[1], first[2], second[1]]
    for n in drawn:
        assert abs(n.mean()) < 4 * 0.5 / np.sqrt(size)
        assert n.std() == pytest.approx(0.5, rel=4 / np.sqrt(2 * size))
        assert np.mean(np.abs(n) < 0.5) == pytest.approx(0.6827, abs=4 * np.sqrt(0.6827 * 0.3173 / size))
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert abs(np.corrcoef(drawn[a], drawn[b])[0, 1]) < 4 / np.sqrt(size)


def test_settings_of_a_seed_meet_the_same_noise_whatever_its_size():
    setting = [make_setting("sgd", learning_rate=rate) for rate in (1.0, 0.25)]
    runs = runs_of(noisy(steps=1), *setting, seeds=[3]) + runs_of(noisy(noise=0.125, steps=1), setting[0], seeds=[3])
    assert len({shard.program.key for shard in cut_shards(runs, BuiltProblems(), "auto", workers=1)}) == 1
    whole, quarter, smaller = (path[1] for path in paths(runs).values())
    assert np.all(whole != 0)
    np.testing.assert_array_equal(quarter, whole / 4)
    np.testing.assert_array_equal(smaller, whole / 4)


def test_rules_of_a_seed_meet_the_same_noise():
    """Adam's first step goes by the sign of the gradient, here of the noise alone."""
    runs = runs_of(noisy(start=[0.0] * 50, steps=1), make_setting("sgd"), make_setting("adam"), seeds=[0])
    by_sgd, by_adam = (path[1] for path in paths(runs).values())
    np.testing.assert_array_equal(np.sign(by_sgd), np.sign(by_adam))


def test_a_noisy_run_is_the_same_alone_and_among_others():
    runs = runs_of(noisy("rosenbrock", (-1.2, 1.0), steps=50), make_setting("adam"), seeds=range(5))
    together, alone = paths(runs), paths(runs[3:4])
    np.testing.assert_array_equal(together[runs[3].run_id], alone[runs[3].run_id])
    assert not np.array_equal(together[runs[2].run_id], together[runs[3].run_id])


def test_what_is_evaluated_has_no_noise():
    problem = noisy("beale", (1.0, 1.0), noise=10.0, steps=5, precision="float64")
    (run,) = runs_of(problem, make_setting("sgd", learning_rate=1e-3), seeds=[0])
    curve, shown, _ = trained([run], "graph")[run.run_id]
    places = np.array([r.array for r in shown.recorded])
    np.testing.assert_allclose(curve[:, 0], surfaces.beale().at(places), rtol=1e-12)


def silent(name: str):
    """A test function that knows nothing of noise."""
    return surface_loss(name, getattr(surfaces, name)(), None)


@pytest.mark.parametrize("name", FRAGILE)
def test_without_noise_a_curve_has_the_bits_of_a_function_that_knows_no_noise(name):
    problem = noisy(name, (-1.2, 1.0), noise=0.0, jitter=0.1, steps=200)
    node = check({TARGET: f"{__name__}.silent", "name": name}, "loss")
    seen, expected = (
        trained(runs_of(p, make_setting("sgd", learning_rate=1e-3), seeds=range(8)), "xla")
        for p in (problem, replace(problem, loss=node))
    )
    for with_noise, without in zip(seen.values(), expected.values(), strict=True):
        np.testing.assert_array_equal(with_noise[0], without[0])
