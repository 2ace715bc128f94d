"""Each rule as an optimizer of Keras: the trajectories of the engine, in all modes, saved and loaded."""

from functools import lru_cache
from typing import NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

import optbench.keras
from optbench.config.build import check, make
from optbench.errors import ConfigError
from optbench.keras.classes import RULE_CLASSES, class_name
from optbench.keras.rule_optimizer import RuleOptimizer
from optbench.keras.schedule import ScheduledRate
from optbench.keras.setting import optimizer_of_setting
from optbench.optimizers.base import bind_names
from optbench.random.streams import stream
from optbench.spec.parameter_names import describe_parameters
from optbench.spec.run import NO_WRAPPER
from optbench.study.read_groups import read_groups
from optbench.wrappers.base import compose_rule
from tests.conftest import raw_node, stems
from tests.keras.rounding import MACHINES, ROUNDING

STEPS = 50
RULES = [stem for stem in stems("optimizer") if stem != "keras"]
AVERAGING = ["schedule_free_adamw", "schedule_free_sgd"]
CONSTANT = {"_target_": "optbench.schedules.constant.constant"}
COSINE = {"_target_": "optbench.schedules.cosine.cosine", "final_factor": 0.1}


def raw_wrapper(stem, **values):
    """The node of a wrapper as its YAML file has it."""
    return {**raw_node("wrapper", stem)[stem], **values}


def start():
    """A weight and a bias, and a target for each, float64."""
    draws = stream("keras rules")
    return [draws.normal(size=shape) for shape in ((3, 2), (2,), (3, 2), (2,))]


def gradients(params, targets):
    """Of half the squared distance, with a curvature that differs between coordinates."""
    return [
        tf.reshape(tf.range(1.0, tf.size(p) + 1, dtype=p.dtype), p.shape) * (p - t)
        for p, t in zip(params, targets, strict=True)
    ]


class Trained(NamedTuple):
    """What steps of a rule of the engine and of an optimizer of Keras lead to."""

    params: list  # of the engine
    evaluated: list  # likewise, those to be evaluated
    variables: list  # of Keras


@lru_cache
def of_engine(stem, dtype):
    """The parameters that a rule of the engine leads to at its defaults, in a precision."""
    *values, one, other = (array.astype(dtype) for array in start())
    names = describe_parameters(["variable", "variable_1"], [v.shape for v in values])
    rule = bind_names(make(raw_node("optimizer", stem)), names)

    def step(params, state):
        updates, state = rule.update(gradients(params, (one, other)), state, params)
        return [p + u for p, u in zip(params, updates, strict=True)], state

    @tf.function(autograph=False)
    def run():
        params = [tf.constant(v) for v in values]
        return tf.while_loop(lambda *_: True, step, (params, rule.init(params)), maximum_iterations=STEPS)[0]

    return [param.numpy() for param in run()]


def of_keras(stem):
    """The parameters that the class of a rule leads to at its defaults, float32."""
    *values, one, other = (array.astype("float32") for array in start())
    variables, optimizer = [keras.Variable(v) for v in values], RULE_CLASSES[class_name(stem)]()
    optimizer.build(variables)

    def step(number):
        grads = gradients([tf.convert_to_tensor(v) for v in variables], (one, other))
        optimizer.apply_gradients(zip(grads, variables, strict=True))
        return number + 1

    @tf.function(autograph=False)
    def run():
        tf.while_loop(lambda *_: True, step, [0], maximum_iterations=STEPS)

    run()
    return [variable.numpy() for variable in variables]


def rounding_of(stem):
    """How far rounding takes a rule in float32."""
    return distance(of_engine(stem, "float32"), of_engine(stem, "float64"))


def train_both(rule, optimizer, values, targets, names=(None, None)):
    """Take steps with both, in one graph: that costs less than 50 eager steps."""
    variables = [keras.Variable(v, dtype="float64", name=name) for v, name in zip(values, names, strict=True)]
    optimizer.build(variables)
    rule = bind_names(rule, describe_parameters([v.path for v in variables], [v.shape for v in values]))
    state = rule.init([tf.constant(v) for v in values])

    def step(params, state):
        grads = gradients([tf.convert_to_tensor(v) for v in variables], targets)
        optimizer.apply_gradients(zip(grads, variables, strict=True))
        updates, state = rule.update(gradients(params, targets), state, params)
        return [p + u for p, u in zip(params, updates, strict=True)], state

    @tf.function(autograph=False)
    def run():
        start = ([tf.constant(v) for v in values], state)
        return tf.while_loop(lambda *_: True, step, start, maximum_iterations=STEPS)

    params, state = run()
    return Trained(params, rule.eval_params(state, params), variables)


def distance(found, expected):
    """The largest difference; NaN if any is."""
    return np.max([np.abs(np.asarray(a) - np.asarray(b)).max() for a, b in zip(found, expected, strict=True)])


@pytest.fixture
def float64():
    """Keras in float64, so that learning rates are not rounded."""
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")


@pytest.mark.parametrize("stem", RULES)
@pytest.mark.usefixtures("float64")
def test_a_trajectory_is_that_of_the_engine(stem):
    *values, one, other = start()
    optimizer, rule = RULE_CLASSES[class_name(stem)](), make(raw_node("optimizer", stem))
    params, evaluated, variables = train_both(rule, optimizer, values, (one, other))
    assert int(optimizer.iterations) == STEPS
    assert distance(params, values) > 1e-4  # it moved
    assert distance(variables, params) < 1e-6
    optimizer.finalize_variable_values(variables)
    assert distance(variables, evaluated) < 1e-6
    assert (distance(params, evaluated) > 1e-6) == (stem in AVERAGING)


@pytest.mark.parametrize("wrappers", [[], [raw_wrapper("clip_by_global_norm", max_norm=0.5)]])
@pytest.mark.usefixtures("float64")
def test_groups_come_along(wrappers, tmp_path):
    names = ["first_kernel", "hidden_kernel", "last_kernel", "last_bias"]
    values, targets = ([stream(which).normal(size=shape) for shape in ((2, 3), (3, 3), (3, 2), (2,))] for which in "ab")
    base = raw_node("optimizer", "muon")
    written = [{"match": "last_kernel", "learning_rate": 0.1, "rest_b1": 0.5}, {"match": "*bias", "frozen": True}]
    groups = read_groups(written, check(base, "optimizer"))
    wrapper = {**NO_WRAPPER, "wrappers": wrappers}
    optimizer = optimizer_of_setting(
        {"optimizer": base, "schedule": CONSTANT, "wrapper": wrapper, "groups": groups}, None, {}
    )
    again = type(optimizer).from_config(optimizer.get_config())
    for each in (optimizer, again):
        shapes = [v.shape for v in values]
        rule = compose_rule(check(base, "optimizer"), groups, wrapper, describe_parameters(names, shapes))
        params, _, variables = train_both(rule, each, values, targets, names)
        assert distance(variables, params) < 1e-6
        assert [distance([a], [b]) > 1e-4 for a, b in zip(params, values, strict=True)] == [True, True, True, False]


def test_a_class_takes_groups_and_keeps_them():
    optimizer = optbench.keras.Adamw(0.1, groups=[{"match": "last", "frozen": True}])
    assert optimizer.get_config()["groups"]["groups"][0]["match"] == ["last"]
    assert "groups" not in optbench.keras.Adamw(0.1).get_config()
    again = optbench.keras.Adamw.from_config(optimizer.get_config())
    variables = [keras.Variable(np.ones((2, 2)), name=name) for name in ("first", "middle", "last")]
    again.build(variables)
    again.apply_gradients([(tf.ones([2, 2]), v) for v in variables])
    assert [bool(np.all(v.numpy() == 1)) for v in variables] == [False, False, True]
    with pytest.raises(ConfigError, match=r"groups.0` must say what is different"):
        optbench.keras.Adamw(groups=[{"match": "last"}])


@pytest.mark.parametrize("stem", RULES)
def test_in_float32_a_trajectory_is_that_of_the_engine_within_the_rounding_of_the_rule(stem):
    assert ROUNDING[stem] / MACHINES < rounding_of(stem) < ROUNDING[stem] * MACHINES
    assert distance(of_keras(stem), of_engine(stem, "float32")) <= ROUNDING[stem]


@pytest.mark.usefixtures("float64")
def test_wrappers_and_schedules_come_along():
    *values, one, other = start()
    wrappers = [raw_wrapper("clip_by_global_norm", max_norm=0.5), raw_wrapper("ema")]
    wrapper = {"_target_": "optbench.wrappers.base.in_order", "wrappers": wrappers}
    nodes = {"optimizer": raw_node("optimizer", "sgd"), "schedule": COSINE, "wrapper": wrapper}
    optimizer, schedule = optimizer_of_setting(nodes, STEPS, {}), ScheduledRate(0.1, COSINE, STEPS)
    rule = make(wrapper)(make({**nodes["optimizer"], "learning_rate": schedule}))
    params, evaluated, variables = train_both(rule, optimizer, values, (one, other))
    assert distance(variables, params) < 1e-6
    optimizer.finalize_variable_values(variables)
    assert distance(variables, evaluated) < 1e-6
    assert float(schedule(0)) == pytest.approx(0.1)
    assert float(schedule(STEPS)) == pytest.approx(0.01)


def network(optimizer, **compile_options):
    """A tiny network with its data."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1)])
    model.compile(optimizer=optimizer, loss="mse", **compile_options)
    draws = stream("keras network")
    return model, draws.normal(size=(32, 4)).astype("float32"), draws.normal(size=(32, 1)).astype("float32")


def fitted(optimizer, epochs=1, **compile_options):
    """The weights after ``fit``."""
    model, x, y = network(optimizer, **compile_options)
    model.fit(x, y, epochs=epochs, batch_size=8, shuffle=False, verbose=0)
    return model.get_weights()


def test_fit_gives_the_same_weights_in_eager_graph_and_xla_mode():
    modes = ({"run_eagerly": True}, {"jit_compile": False}, {"jit_compile": True})
    eager, graph, xla = (fitted(optbench.keras.Adan(learning_rate=0.01), **mode) for mode in modes)
    assert distance(graph, eager) < 1e-6
    assert distance(xla, eager) < 1e-6


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras's, where it saves
def test_a_saved_model_goes_on_as_if_it_had_not_been_saved(tmp_path):
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 100)
    model, x, y = network(optbench.keras.ScheduleFreeAdamw(schedule, b2=0.9, clipnorm=1.0))
    model.fit(x, y, epochs=1, batch_size=8, shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for each in (model, again):
        each.fit(x, y, epochs=1, batch_size=8, shuffle=False, verbose=0)
    assert type(again.optimizer) is optbench.keras.ScheduleFreeAdamw
    assert again.optimizer.get_config() == model.optimizer.get_config()
    assert again.optimizer.get_config()["b2"] == 0.9
    assert int(again.optimizer.iterations) == 8
    assert distance(again.get_weights(), model.get_weights()) < 1e-6


def test_the_average_is_evaluated_by_the_callback_of_keras():
    model, x, y = network(optbench.keras.ScheduleFreeSgd(learning_rate=0.05))
    seen = []
    callback = keras.callbacks.LambdaCallback(on_test_begin=lambda _: seen.append(model.get_weights()))
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=False)
    model.fit(x, y, epochs=1, batch_size=8, validation_data=(x, y), callbacks=[swap, callback], verbose=0)
    assert distance(seen[0], model.get_weights()) < 1e-6  # which fit left at the average


@pytest.mark.parametrize("keywords", [{"clipnorm": 0.01}, {"global_clipnorm": 0.01}, {"weight_decay": 0.5}])
def test_keywords_of_keras_mean_what_they_mean_there(keywords):
    ours, theirs = optbench.keras.Sgd(0.1, **keywords), keras.optimizers.SGD(0.1, **keywords)
    *values, one, other = start()
    found, expected = ([keras.Variable(v) for v in values] for _ in range(2))
    for optimizer, variables in ((ours, found), (theirs, expected)):
        for _ in range(2):
            grads = gradients([tf.convert_to_tensor(v) for v in variables], (np.float32(one), np.float32(other)))
            optimizer.apply_gradients(zip(grads, variables, strict=True))
    assert distance(found, expected) < 1e-6
    assert distance(found, values) > 1e-4


def test_a_parameter_without_a_gradient_and_a_sparse_gradient():
    table, unused = keras.Variable(np.ones((4, 2)), dtype="float32"), keras.Variable(np.ones(3), dtype="float32")
    slices = tf.IndexedSlices(tf.ones((1, 2)), tf.constant([1]), tf.constant([4, 2]))
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        optbench.keras.Sgd(0.5).apply_gradients([(slices, table), (None, unused)])
    assert table.numpy().tolist() == [[1, 1], [0.5, 0.5], [1, 1], [1, 1]]
    assert unused.numpy().tolist() == [1, 1, 1]


def test_what_keras_cannot_hand_over_is_refused_in_one_line():
    sam = {"_target_": "optbench.wrappers.base.in_order", "wrappers": [raw_wrapper("sam")]}
    with pytest.raises(ConfigError, match=r"^sgd with its wrappers needs gradients at other parameters, which Keras"):
        RuleOptimizer(raw_node("optimizer", "sgd"), wrapper=sam)


def test_wrong_values_are_refused_in_one_line():
    with pytest.raises(ConfigError, match=r"^`optimizer\.b1` must be in \[0, 1\)\. Received: optimizer\.b1=1\.2\.$"):
        optbench.keras.Adam(b1=1.2)
    with pytest.raises(ConfigError, match=r"^`learning_rate` must be a positive number or a schedule of Keras\."):
        optbench.keras.Adam(learning_rate="fast")
    with pytest.raises(TypeError, match="positional arguments"):
        optbench.keras.Momentum(0.1, 0.9, 0.8, False, 7)
    with pytest.raises(AttributeError, match=r"no attribute 'Adamm'\. There is: .*Adam,"):
        _ = optbench.keras.Adamm
    with pytest.raises(ConfigError, match=r"^`steps` must be the number of training steps.*Received: steps=null\."):
        optimizer_of_setting({"optimizer": raw_node("optimizer", "sgd"), "schedule": COSINE}, None, {})


def test_a_setting_of_a_class_of_keras_is_that_class():
    node = raw_node("optimizer", "keras", class_name="Lion", keywords={"beta_1": 0.8})
    optimizer = optimizer_of_setting({"optimizer": node, "schedule": CONSTANT}, None, {"clipnorm": 1.0})
    assert isinstance(optimizer, keras.optimizers.Lion)
    assert (optimizer.beta_1, optimizer.clipnorm) == (0.8, 1.0)


def test_every_rule_has_a_class_with_its_hyperparameters():
    assert set(RULE_CLASSES) == {class_name(stem) for stem in RULES}
    assert optbench.keras.Adan(0.01, b3=0.5).get_config()["b3"] == 0.5
    assert "algorithm" not in optbench.keras.Adan.__doc__.split("\n")[2]
    assert "clipnorm" in optbench.keras.Adan.__doc__
