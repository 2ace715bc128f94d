"""All wrappers of conf/wrapper: the contract, the comparison with an oracle, the tests of the oracles, and training."""

import numpy as np
import pytest
import tensorflow as tf
import yaml

from optbench.config.build import TARGET, check, locate, make, split
from optbench.config.sources import Sources
from optbench.errors import ConfigError
from optbench.lab import conformance
from optbench.optimizers.adam import adam
from optbench.optimizers.momentum import momentum
from optbench.optimizers.sgd import sgd
from optbench.spec.run import NO_WRAPPER, identify
from optbench.study.read_job import read_job
from optbench.wrappers.base import in_order
from tests.conftest import CONF, make_problem, make_setting, stems
from tests.study.test_study import job
from tests.training.helpers import runs_of, trained
from tests.wrappers.oracles import MU, RATE, RIGHT, STEPS, WRONG

WRAPPERS = stems("wrapper")
TOLERANCE = 5e-6  # relative to the largest parameter
START = [np.array([[1.0, -2.0], [0.5, 0.1], [-0.3, 3.0]]), np.array([0.7, -1.2])]
CURVATURES = [np.array([[0.3, 4.0], [1.0, 9.0], [2.0, 0.1]]), np.array([5.0, 0.5])]
NOISE = np.random.default_rng(11).normal(size=(STEPS, 8))  # gradient noise, as of batches


def node_of(name):
    return check(yaml.safe_load((CONF / "wrapper" / f"{name}.yaml").read_text())[name], f"wrapper.{name}")


def gradient(step, params):
    noise = [NOISE[step, :6].reshape(3, 2), NOISE[step, 6:]]
    size = 0.05 if step % 3 == 0 else 1.0  # some are too small to be clipped
    return [size * (c * p + q) for c, p, q in zip(CURVATURES, params, noise, strict=True)]


def trajectory_of(name):
    """The parameters and the evaluated parameters after each step of wrapped momentum."""
    rule, params = make(node_of(name))(momentum(RATE, MU)), [tf.constant(p, tf.float32) for p in START]
    state, trajectory = rule.init(params), []
    for step in range(STEPS):
        grads = [tf.constant(g, tf.float32) for g in gradient(step, [p.numpy() for p in params])]
        at = lambda there, step=step: [tf.constant(g, tf.float32) for g in gradient(step, [p.numpy() for p in there])]  # noqa: E731
        updates, state = rule.update(grads, state, params, **({"grad_at": at} if rule.needs else {}))
        params = [p + u for p, u in zip(params, updates, strict=True)]
        trajectory.append((params, rule.eval_params(state, params)))
    return trajectory


def largest_difference(trajectory, expected):
    scale = max(np.max(np.abs(t)) for step in expected for tensors in step for t in tensors)
    pairs = [
        (a, b)
        for s, e in zip(trajectory, expected, strict=True)
        for x, y in zip(s, e, strict=True)
        for a, b in zip(x, y, strict=True)
    ]
    return np.max([np.max(np.abs(a - b)) for a, b in pairs]) / scale  # NaN if any is: Python's max would pass over it


def numbers_of(name):
    return {key: value for key, value in node_of(name).items() if key != TARGET}


@pytest.mark.parametrize("name", WRAPPERS)
def test_the_wrapper_equals_its_oracle_at_every_step(name):
    assert largest_difference(trajectory_of(name), RIGHT[name](gradient, START, **numbers_of(name))) < TOLERANCE


@pytest.mark.parametrize(("name", "mistake"), [(name, i) for name in WRAPPERS for i in range(len(WRONG[name]))])
def test_the_oracle_detects(name, mistake):
    with np.errstate(all="ignore"):
        wrong = WRONG[name][mistake](gradient, START, **numbers_of(name))
    assert not largest_difference(wrong, RIGHT[name](gradient, START, **numbers_of(name))) < TOLERANCE


@pytest.mark.parametrize("name", WRAPPERS)
def test_every_oracle_has_mistakes_to_detect(name):
    assert len(WRONG[name]) >= 3


def wrapped_adam(name):
    """The wrapper around Adam as the subject of a test. A wrapper that needs other gradients gets the same ones."""
    structure, floats = split(node_of(name), name)
    target = locate(structure.pop(TARGET))
    numbers = {path.partition(".")[2]: value for path, value in floats.items()}

    def closed(**values):
        rule = target(**values)(adam(0.1))
        if not rule.needs:
            return rule
        return rule._replace(update=lambda g, s, p: rule.update(g, s, p, grad_at=lambda _: g), needs=frozenset())

    return conformance.Subject(closed, numbers, {k: v for k, v in structure.items() if k not in numbers})


@pytest.mark.parametrize("name", WRAPPERS)
@pytest.mark.parametrize("check_of", conformance.CHECKS, ids=lambda check_of: check_of.__name__)
def test_the_wrapped_rule_keeps_the_contract(name, check_of):
    check_of(wrapped_adam(name))


def test_gradients_pass_through_the_wrappers_in_the_order_of_the_list():
    def scale_gradients(factor, order):
        def wrap(rule):
            def update(grads, state, params):
                order.append(factor)
                return rule.update([factor * g for g in grads], state, params)

            return rule._replace(update=update)

        return wrap

    order: list[float] = []
    rule = in_order([scale_gradients(2.0, order), scale_gradients(3.0, order)])(sgd(1.0))
    (update,), _ = rule.update([tf.ones([1])], rule.init([tf.ones([1])]), [tf.ones([1])])
    assert (order, float(update[0])) == ([2.0, 3.0], -6.0)


def with_wrappers(setting, *names):
    from dataclasses import replace

    return replace(setting, wrapper={**NO_WRAPPER, "wrappers": [node_of(name) for name in names]})


@pytest.mark.parametrize("name", WRAPPERS)
def test_every_wrapper_trains_in_lanes_as_alone(name):
    problem, setting = make_problem("iris", "softmax", steps=6), with_wrappers(make_setting("sgd"), name)
    together = trained(runs_of(problem, setting, seeds=[0, 1]))
    alone = trained(runs_of(problem, setting, seeds=[0, 1]), "eager")
    for run_id, (curve, *_) in together.items():
        np.testing.assert_allclose(curve, alone[run_id][0], rtol=1e-4, atol=1e-5)


def test_wrappers_their_order_and_their_sources_are_part_of_the_setting():
    setting, problem = make_setting("sgd"), make_problem("iris", "softmax")
    orders = [(), ("ema",), ("ema", "sam"), ("sam", "ema")]
    runs = [identify(problem, with_wrappers(setting, *names), [0], Sources(), "")[0] for names in orders]
    assert len({run.run_id for run in runs}) == 4
    assert len({run.code for run in runs}) == 4


def test_a_rule_with_needs_that_the_loop_cannot_satisfy_is_rejected(tmp_path):
    node = {"fortune": {TARGET: "tests.wrappers.test_wrappers.needing_fortune"}}
    with pytest.raises(ConfigError, match=r"needs=\['fortune'\]"):
        read_job(job(tmp_path, wrapper=node))


def needing_fortune():
    return lambda rule: rule._replace(needs=frozenset({"fortune"}))


def test_a_wrapper_that_is_not_a_list_is_rejected(tmp_path):
    with pytest.raises(ConfigError, match="in brackets"):
        read_job(job(tmp_path, wrapper="ema"))
