"""Parameter groups: each parameter is updated as if only the rule of its group existed."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check
from optbench.config.items import read_item
from optbench.optimizers._groups import Group, freeze, frozen, with_groups
from optbench.optimizers.adam import adam
from optbench.optimizers.adamw import adamw
from optbench.optimizers.base import Optimizer, bind_names
from optbench.optimizers.muon import muon
from optbench.optimizers.schedule_free_sgd import schedule_free_sgd
from optbench.optimizers.sgd import sgd
from optbench.spec.groups import FROZEN
from optbench.spec.parameter_names import describe_parameters
from optbench.spec.run import NO_GROUPS, NO_WRAPPER
from optbench.wrappers.base import compose_rule
from tests.conftest import raw_node

PATHS = ["dense_0/kernel", "dense_0/bias", "dense_1/kernel", "dense_1/bias", "output/kernel", "output/bias"]
SHAPES = [(3, 4), (4,), (4, 4), (4,), (4, 2), (2,)]
NAMES = describe_parameters(PATHS, SHAPES)
STEPS = 4
NUMBERS = np.random.default_rng(0)
START = [NUMBERS.normal(size=shape) for shape in SHAPES]
GRADS = [[NUMBERS.normal(size=shape) for shape in SHAPES] for _ in range(STEPS)]


def places(*patterns):
    return [i for i, name in enumerate(NAMES) if any(name.matches(pattern) for pattern in patterns)]


def run(rule, indices=None, names=NAMES):
    """The parameters after some steps, and those to evaluate, of all parameters or of those at ``indices``."""
    indices = range(len(SHAPES)) if indices is None else indices
    rule = bind_names(rule, [names[i] for i in indices])
    params = [tf.constant(START[i]) for i in indices]
    state = rule.init(params)
    for grads in GRADS:
        updates, state = rule.update([tf.constant(grads[i]) for i in indices], state, params)
        params = [p + u for p, u in zip(params, updates, strict=True)]
    evaluated = rule.eval_params(state, params)
    return dict(zip(indices, [np.stack([p, e]) for p, e in zip(params, evaluated, strict=True)], strict=True))


def check_equal(ours, *parts):
    expected = {i: value for part in parts for i, value in part.items()}
    assert ours.keys() == expected.keys()
    for i, value in ours.items():
        np.testing.assert_array_equal(value, expected[i], err_msg=PATHS[i])


def test_each_group_is_trained_as_by_its_rule_alone():
    rule = with_groups(
        adam(0.1), [Group(["bias"], sgd(0.5)), Group(["last", "dense_1"], schedule_free_sgd(1.0))], NAMES
    )
    others = places("output/kernel", "dense_1/kernel")
    check_equal(
        run(rule),
        run(adam(0.1), places("dense_0/kernel")),
        run(sgd(0.5), places("bias")),
        run(schedule_free_sgd(1.0), others),
    )


def test_the_first_group_that_matches_counts():
    rule = with_groups(sgd(1.0), [Group(["output/bias"], sgd(2.0)), Group(["bias"], sgd(3.0))], NAMES)
    updates, _ = rule.update(
        [tf.ones(s) for s in SHAPES], rule.init([tf.ones(s) for s in SHAPES]), list(map(tf.ones, SHAPES))
    )
    assert [-float(np.ravel(u)[0]) for u in updates] == [1, 3, 1, 3, 1, 2]


def test_frozen_parameters_stay_and_keep_no_state():
    rule = with_groups(adam(0.1), [Group(["first"], frozen())], NAMES)
    ended = run(rule)
    for i in places("first"):
        np.testing.assert_array_equal(ended[i][0], START[i])
    assert rule.init([tf.constant(p) for p in START]).rules[0] == ()


def test_a_norm_over_all_gradients_leaves_frozen_parameters_out():
    def by_norm(params):
        return ()

    def update(grads, state, params):
        total = tf.add_n([tf.reduce_sum(tf.square(g)) for g in grads])
        return [-g / tf.sqrt(total) for g in grads], state

    is_frozen = [i in places("first") for i in range(len(SHAPES))]
    ended = run(freeze(Optimizer(by_norm, update), is_frozen))
    check_equal(
        {i: ended[i] for i in ended if not is_frozen[i]},
        run(Optimizer(by_norm, update), [i for i in range(len(SHAPES)) if not is_frozen[i]]),
    )


@pytest.mark.parametrize("wrapper", ["ema", "lookahead", "clip_by_global_norm", "centralize"])
def test_a_wrapper_does_not_move_frozen_parameters(wrapper):
    node = read_item("wrapper", wrapper)[wrapper]
    groups = [
        {
            "_target_": "optbench.optimizers._groups.group",
            "match": ["first"],
            "rule": {"_target_": FROZEN},
            "inherits": False,
        }
    ]
    wrappers = {**NO_WRAPPER, "wrappers": [check(node, "wrapper")]}
    rule = compose_rule(
        check(raw_node("optimizer", "adamw"), "optimizer"), {**NO_GROUPS, "groups": groups}, wrappers, NAMES
    )
    for i, value in run(rule).items():
        still = np.array_equal(value[0], START[i]) and np.array_equal(value[1], START[i])
        assert still == (i in places("first")), PATHS[i]


def test_a_group_inherits_what_it_does_not_change():
    base = check(raw_node("optimizer", "adamw", learning_rate=0.1, weight_decay=0.5), "optimizer")
    group = {
        "_target_": "optbench.optimizers._groups.group",
        "match": ["last"],
        "rule": {"_target_": base["_target_"], "weight_decay": 0.0},
        "inherits": True,
    }
    rule = compose_rule(base, {**NO_GROUPS, "groups": [group]}, NO_WRAPPER, NAMES)
    rest = [i for i in range(len(SHAPES)) if i not in places("last")]
    check_equal(run(rule), run(adamw(0.1, weight_decay=0.5), rest), run(adamw(0.1, weight_decay=0.0), places("last")))


def test_a_schedule_reaches_every_group():
    base = check(raw_node("optimizer", "sgd", learning_rate=1.0), "optimizer")
    group = {
        "_target_": "optbench.optimizers._groups.group",
        "match": ["bias"],
        "rule": {"_target_": base["_target_"], "learning_rate": 3.0},
        "inherits": True,
    }
    half = lambda node: {**node, "learning_rate": node["learning_rate"] / 2}  # noqa: E731
    rule = compose_rule(base, {**NO_GROUPS, "groups": [group]}, NO_WRAPPER, NAMES, half)
    updates, _ = rule.update(
        list(map(tf.ones, SHAPES)), rule.init(list(map(tf.ones, SHAPES))), list(map(tf.ones, SHAPES))
    )
    assert [-float(np.ravel(u)[0]) for u in updates] == [0.5, 1.5] * 3


def test_muon_updates_hidden_weights_and_adamw_the_rest():
    ended = run(muon(0.02))
    rest = [i for i in range(len(SHAPES)) if i != 2]
    check_equal(ended, run(muon(0.02), [2]), run(adamw(0.02 * 0.015, 0.9, 0.95, 1e-10, weight_decay=0.0), rest))
    assert [muon().parts.place(name) for name in NAMES] == [1, 1, 0, 1, 1, 1]


def test_muon_without_names_takes_every_weight():
    params = [tf.constant(p) for p in START]
    state = muon().init(params)
    assert [len(state.weights.m), len(state.rest.m)] == [3, 3]


def test_in_a_group_muon_knows_the_places_in_the_whole_network():
    rule = with_groups(sgd(0.1), [Group(["output", "dense_1"], muon(0.02))], NAMES)
    states = rule.init([tf.constant(p) for p in START]).rules
    assert [m.shape for m in states[0].weights.m] == [(4, 4)]  # the last layer is AdamW's there too


def test_what_a_rule_of_a_group_needs_is_passed_on():
    def needing(seen):
        def update(grads, state, params, loss):
            seen.append(loss)
            return [tf.zeros_like(p) for p in params], state

        return Optimizer(lambda params: (), update, needs=frozenset({"loss"}))

    seen = []
    rule = with_groups(sgd(1.0), [Group(["bias"], needing(seen))], NAMES)
    assert rule.needs == {"loss"}
    params = [tf.constant(p) for p in START]
    rule.update(params, rule.init(params), params, loss=7.0)
    assert seen == [7.0]


def test_a_wrapper_may_need_names():
    node = {"_target_": f"{__name__}.named_wrapper"}
    rule = compose_rule(
        check(raw_node("optimizer", "muon"), "optimizer"), NO_GROUPS, {**NO_WRAPPER, "wrappers": [node, node]}, NAMES
    )
    params = [tf.constant(p) for p in START]
    updates, _ = rule.update(params, rule.init(params), params)
    assert [bool(np.any(u)) for u in updates] == ["last" in name.roles for name in NAMES]


def named_wrapper():
    """A wrapper that updates the last layer only."""

    def wrap(rule):
        def init(params, names):
            return rule.init(params)

        def update(grads, state, params, names, **extra):
            updates, state = rule.update(grads, state, params, **extra)
            return [u if "last" in n.roles else tf.zeros_like(u) for u, n in zip(updates, names, strict=True)], state

        return rule._replace(init=init, update=update, needs=rule.needs | {"names"})

    return wrap
