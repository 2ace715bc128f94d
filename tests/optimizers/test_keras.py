"""Keras as a reference: our rules against its classes, and its classes in our loop against eager execution."""

import keras as library
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import optbench
from optbench.config.build import check, make
from optbench.errors import ConfigError
from optbench.lab.certificates.cases import list_cases
from optbench.lab.rules import known_rules, rule_node
from optbench.lab.streams import GATE_STREAMS
from optbench.optimizers.keras import keras
from optbench.problem.built import BuiltProblems
from optbench.spec.labels import setting_labels
from optbench.sweep.plan import cut_shards
from tests.commands import optbench_command
from tests.conftest import make_problem, make_setting
from tests.sweep.test_execute import SORTED, executed
from tests.training.helpers import runs_of, trained

CLASSES = [
    "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion", "Muon", "Nadam", "RMSprop",
    "SGD",
]  # fmt: skip
KEYWORDS = {  # besides the defaults of each class
    "SGD": {"momentum": 0.9, "nesterov": True},
    "Adam": {"amsgrad": True, "clipnorm": 0.5},
    "AdamW": {"weight_decay": 0.1},
    "RMSprop": {"centered": True, "momentum": 0.5},
}
EQUAL_RULES = [  # compared in float32 and eagerly, as users run both; the certificates compare them in float64
    case
    for case in list_cases(known_rules(), ["Keras"])
    if case.numbering == ("equal" if case.reference.equal else "same") and case.rule != "schedule_free_adamw"
]
SHAPES = [(3, 4), (4,), (2, 3, 2)]
STEPS = 40


def eager_updates(optimizer, stream):
    """Keras's updates. The parameter is reset to zero before each step, so that the differences are exact."""
    variable = library.Variable(np.zeros_like(stream[0]), dtype="float32")
    updates = []
    for g in stream:
        variable.assign(tf.zeros_like(variable))
        optimizer.apply([tf.constant(g, tf.float32)], [variable])
        updates.append(variable.numpy())
    return updates


@pytest.mark.parametrize("case", EQUAL_RULES, ids=lambda case: "-".join(case.key))
def test_the_rule_makes_the_updates_of_keras(case):
    stream = [np.concatenate([g.ravel() for g in step]) for step in GATE_STREAMS["normal"].grads]
    expected_updates = eager_updates(getattr(library.optimizers, case.reference.constructor)(**case.theirs), stream)
    ours = make(check({**rule_node(case.rule), **case.ours}, "optimizer"))
    params = [tf.zeros(stream[0].shape)]
    state, scale = ours.init(params), max(np.abs(u).max() for u in expected_updates)
    for step, (g, expected) in enumerate(zip(stream, expected_updates, strict=True)):
        (update,), state = ours.update([tf.constant(g, tf.float32)], state, params)
        difference = np.abs(update.numpy() - expected).max() / scale
        assert difference < 2e-5, f"diverged at step {step}"


def start_and_gradients(dtype="float32"):
    generator = np.random.default_rng(3)
    start = [generator.normal(size=shape).astype(dtype) for shape in SHAPES]
    return start, [generator.normal(size=(STEPS, *shape)).astype(dtype) for shape in SHAPES]


def in_our_loop(rule, start, grads, modes=("graph",)):
    """The parameters after all steps of one loop, which is traced once, for each mode."""

    @tf.function(autograph=False)
    def run(params, state, grads):
        def body(i, params, state):
            updates, state = rule.update([g[i] for g in grads], state, params)
            return i + 1, [p + u for p, u in zip(params, updates, strict=True)], state

        return tf.while_loop(lambda i, *_: i < STEPS, body, (tf.constant(0), params, state))[1]

    params = [tf.constant(p) for p in start]
    compiled = {"graph": run, "xla": tf.function(run, jit_compile=True, autograph=False)}
    arguments = params, rule.init(params), [tf.constant(g) for g in grads]
    return [[p.numpy() for p in compiled[mode](*arguments)] for mode in modes]


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_in_our_loop_equals_eager_execution(name):
    """Within 2e-6 of each parameter's largest displacement plus two rounding errors of the parameter."""
    start, grads = start_and_gradients()
    keywords = KEYWORDS.get(name, {})
    variables = [library.Variable(p) for p in start]
    eager = getattr(library.optimizers, name)(learning_rate=0.01, **keywords)
    for i in range(STEPS):
        eager.apply([tf.constant(g[i]) for g in grads], variables)
    for after in in_our_loop(keras(0.01, name, keywords), start, grads, ("graph", "xla")):
        for seen, v, p in zip(after, variables, start, strict=True):
            displacement, rounding = np.abs(v.numpy() - p).max(), 2 * np.spacing(np.abs(p).max())
            np.testing.assert_allclose(seen, v.numpy(), rtol=0, atol=2e-6 * displacement + rounding)


def test_exactly_the_tested_classes_are_available():
    with pytest.raises(ConfigError) as error:
        keras(0.1, "Nothing")
    assert str(error.value).endswith(f"There is: {', '.join(sorted(CLASSES))}.")


def test_a_library_rule_computes_in_the_precision_of_its_parameters():
    start, grads = start_and_gradients("float64")
    (seen,) = in_our_loop(keras(tf.constant(0.1, tf.float64), "SGD"), start, grads)
    for p, s, g in zip(start, seen, grads, strict=True):
        np.testing.assert_allclose(s, p - 0.1 * g.sum(axis=0), rtol=1e-12, atol=1e-13)


def test_a_library_rule_follows_a_schedule():
    start, grads = start_and_gradients("float64")
    rate = lambda step: tf.cast(0.1 / tf.cast(step + 1, tf.float64), tf.float64)  # noqa: E731
    (seen,) = in_our_loop(keras(rate, "SGD"), start, grads)
    rates = 0.1 / np.arange(1, STEPS + 1)
    for p, s, g in zip(start, seen, grads, strict=True):
        np.testing.assert_allclose(s, p - np.tensordot(rates, g, axes=1), rtol=1e-12, atol=1e-13)


def test_momentum_is_stored_in_the_state_only():
    rule, params = keras(0.1, "SGD", {"momentum": 0.9}), [tf.zeros([2])]
    first, second = rule.init(params), rule.init(params)
    for _ in range(3):  # two runs of one rule alternate
        moved_first, first = rule.update([tf.ones([2])], first, params)
        moved_second, second = rule.update([-2 * tf.ones([2])], second, params)
    np.testing.assert_allclose(moved_first[0], -0.1 * (1 + 0.9 + 0.81), rtol=1e-6)
    np.testing.assert_allclose(moved_second[0], 0.2 * (1 + 0.9 + 0.81), rtol=1e-6)


@pytest.mark.parametrize("compile_as", ["xla", "graph"])
def test_concurrent_shards_have_the_curves_of_sequential_shards(compile_as, tmp_path):
    runs = runs_of(make_problem("iris", "mlp", epochs=8), make_setting("keras", class_name="Nadam"), seeds=range(8))
    tables = []
    for workers in (1, 4):
        store, _ = executed(tmp_path / str(workers), runs, workers, compile_as=compile_as)
        rows = store.runs()
        assert set(rows["lanes"]) == {1}
        assert set(rows["status"]) == {"done"}
        tables.append(store.curves(rows).sort_values(SORTED, ignore_index=True))
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_each_class_with_its_keywords_has_one_program_with_one_lane():
    settings = [
        make_setting("keras", class_name=c, keywords=k, learning_rate=r)
        for c, k, r in [("Adam", None, 0.1), ("Adam", None, 0.2), ("Adam", {"beta_1": 0.8}, 0.1), ("SGD", None, 0.1)]
    ]
    shards = cut_shards(
        runs_of(make_problem("iris", "softmax"), make_setting("adam"), *settings), BuiltProblems(), "auto", 2
    )
    lanes = {shard.program.key: shard.program.lanes for shard in shards}
    assert sorted(lanes.values()) == [1, 1, 1, 32]
    assert len(shards) == 1 + 4 * 3


def test_sgd_of_keras_trains_as_ours_does():
    problem = make_problem("iris", "mlp", precision="float64")
    runs = runs_of(problem, make_setting("sgd"), make_setting("keras", class_name="SGD", learning_rate=0.1), seeds=[0])
    curves = trained(runs, "eager")
    ours, theirs = (curves[run.run_id][0] for run in runs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_the_class_is_in_every_label():
    settings = {
        "1": make_setting("keras"),
        "2": make_setting("keras", class_name="SGD", keywords={"momentum": 0.9}),
        "3": make_setting("keras", class_name="SGD"),
        "4": make_setting("adam"),
    }
    assert setting_labels(settings) == {
        "1": "keras Adam",
        "2": "keras SGD keywords={momentum:0.9}",
        "3": "keras SGD keywords=null",
        "4": "adam",
    }


@pytest.mark.parametrize(
    ("class_name", "keywords", "message"),
    [
        ("Adma", {}, "`optimizer.class_name=Adma` does not exist. Did you mean `Adam`?"),
        ("Optimizer", {}, "`optimizer.class_name=Optimizer` does not exist."),
        ("ScheduleFreeAdamW", {}, "`optimizer.class_name=ScheduleFreeAdamW` does not exist."),
        ("Adam", {"beta1": 0.8}, "`optimizer.keywords.beta1` of Adam does not exist. Did you mean `beta_1`?"),
        (
            "Adam",
            {"beta_1": "x"},
            "`optimizer.keywords.beta_1` must be a number. Received: ",
        ),
        ("Adam", {"amsgrad": 1}, "`optimizer.keywords.amsgrad` must be true or false. Received: "),
        (
            "Adam",
            {"learning_rate": 1.0},
            "`optimizer.keywords.learning_rate` cannot be given here. Set ",
        ),
        (
            "Adam",
            {"use_ema": True},
            "`optimizer.keywords.use_ema` cannot be given here. The average would not be evaluated. Use wrapper=[ema].",
        ),
        ("SGD", {"momentum": 2}, "Keras rejects `optimizer.keywords` of SGD: "),
    ],
)
def test_a_wrong_class_or_keyword_raises_a_message_of_one_line(class_name, keywords, message):
    with pytest.raises(ConfigError) as error:
        keras(0.1, class_name, keywords)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


class Signed(library.optimizers.Optimizer):
    """A user's own optimizer: the sign of an average of the gradients."""

    def __init__(self, learning_rate=0.01, beta=0.9, **options):
        super().__init__(learning_rate=learning_rate, **options)
        self.beta = beta

    def build(self, variables):
        super().build(variables)
        self.averages = self.add_optimizer_variables(variables, "average")

    def update_step(self, gradient, variable, learning_rate):
        average = self.averages[self._get_variable_index(variable)]
        self.assign(average, self.beta * average + (1 - self.beta) * gradient)
        self.assign_sub(variable, learning_rate * tf.sign(average))


class FromParameters(Signed):
    """Its state starts at the parameters."""

    def build(self, variables):
        super().build(variables)
        for average, variable in zip(self.averages, variables, strict=True):
            average.assign(variable)


class Failing(Signed):
    def update_step(self, gradient, variable, learning_rate):
        raise KeyError("average")


class Still(Signed):
    def update_step(self, gradient, variable, learning_rate):
        pass


class Greedy(Signed):
    def __init__(self, learning_rate=0.01):
        raise RuntimeError("out of luck")


class WithoutRate(library.optimizers.Optimizer):
    def __init__(self):
        super().__init__(learning_rate=0.1)


def not_a_class(learning_rate=0.1):
    return None


HERE = "tests.optimizers.test_keras"


def test_a_class_of_ones_own_in_our_loop_equals_eager_execution():
    start, grads = start_and_gradients()
    variables, eager = [library.Variable(p) for p in start], Signed(0.01, 0.8)
    for i in range(STEPS):
        eager.apply([tf.constant(g[i]) for g in grads], variables)
    for after in in_our_loop(keras(0.01, f"{HERE}.Signed", {"beta": 0.8}), start, grads, ("graph", "xla")):
        for seen, v in zip(after, variables, strict=True):
            np.testing.assert_allclose(seen, v.numpy(), rtol=1e-5, atol=1e-6)


def test_the_path_of_ones_own_class_is_in_the_identity_and_the_label():
    settings = [make_setting("keras", class_name=f"{HERE}.{name}") for name in ("Signed", "FromParameters")]
    assert setting_labels({"1": settings[0]}) == {"1": f"keras {HERE}.Signed"}
    runs = runs_of(make_problem("iris", "softmax"), *settings, seeds=[0])
    assert len({run.setting_id for run in runs}) == 2
    assert all(run.identified for run in runs)


@pytest.mark.parametrize(
    ("name", "keywords", "message"),
    [
        (
            "Failing",
            {},
            f"`optimizer.class_name` cannot update a parameter. Received: {HERE}.Failing (test_keras.py",
        ),
        ("Greedy", {}, f"`optimizer.class_name` cannot be made. Received: {HERE}.Greedy (test_keras.py, line "),
        ("Still", {}, f"{HERE}.Still must move a parameter. Received: none moved after a gradient of ones. Assign "),
        ("FromParameters", {}, f"The state of {HERE}.FromParameters must not depend on the parameters before the "),
        (
            "WithoutRate",
            {},
            f"`optimizer.class_name={HERE}.WithoutRate` must take `learning_rate`. Received: no ",
        ),
        ("not_a_class", {}, f"`optimizer.class_name={HERE}.not_a_class` must be a subclass of keras.optimizers.Optimi"),
        ("nothing", {}, f"`optimizer.class_name={HERE}.nothing` cannot be imported: AttributeError: "),
        ("Signed", {"bta": 0.5}, f"`optimizer.keywords.bta` of {HERE}.Signed does not exist. Did you mean `beta`?"),
    ],
)
def test_a_class_of_ones_own_that_does_not_work_is_one_line(name, keywords, message):
    with pytest.raises(ConfigError) as error:
        keras(0.1, f"{HERE}.{name}", keywords)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_keywords_must_be_plain_values():
    for value in (3, [1], {"a": [1]}, {"a": {"b": 1}}):
        with pytest.raises(ConfigError, match=r"`optimizer\.keywords` must be names with values"):
            make_setting("keras", keywords=value)


def test_the_command_line_accepts_a_class_and_its_keywords(tmp_path):
    trial = ["dataset=iris", "model=softmax", "epochs=2", "seeds=2", "timing=false", "compile=eager", "name=trial"]
    chosen = ["optimizer=keras", "optimizer.class_name=SGD", "optimizer.keywords={momentum: 0.8},{momentum: 0.9}"]
    done = optbench_command("-m", *chosen, *trial, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    runs, _ = optbench.load(tmp_path / "results", "trial")
    assert sorted(set(runs["setting"])) == [f"keras SGD keywords={{momentum:{b}}}" for b in (0.8, 0.9)]
    assert set(runs["optimizer"]) == {"keras SGD"}
    assert set(runs["hp.keywords"]) == {"{momentum:0.8}", "{momentum:0.9}"}
    assert "keras SGD on iris softmax ended" in done.stdout
