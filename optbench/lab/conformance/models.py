"""The contract of models, as checks that users can run on their own models.

for check in MODEL_CHECKS:
    check(subject)          raises Violation, with what was observed, if the model violates the contract
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from optbench.config.build import check, make
from optbench.config.items import item_names, read_item, read_yaml
from optbench.config.parameters import Node, unknown_name
from optbench.config.user_code import import_code
from optbench.errors import ConfigError
from optbench.lab.conformance.checks import Violation
from optbench.lab.rules import search_working_directory
from optbench.models._keras_build import build_network
from optbench.models._keras_inputs import declared_inputs
from optbench.models._keras_variables import recording
from optbench.models.base import Inputs, Model, NamedInput
from optbench.models.keras import from_keras
from optbench.problem.built import CONTEXT
from optbench.random.streams import stream

EXAMPLES = 6
ANY_SIZE = 8  # if a model leaves a size open
DATA = (  # for a model that does not declare its inputs
    Inputs((32, 32, 3), 10, "float32", classes=10),
    Inputs((4,), 3, "float32", classes=3),
    Inputs((20,), 5, "float32", symbols=5, classes=5),
    Inputs((8, 8, 1), 64, "float32", are_targets=True),
    Inputs((12,), 3, "float32", classes=3, ids=7),
    Inputs((0,), 1, "float32"),
)
STEP = (3, 4)  # the key of a step


@dataclass(frozen=True)
class ModelSubject:
    """A model under examination: the function that makes it for given data, which may be called repeatedly."""

    build: Callable[[Inputs], Model]
    data: tuple[Inputs, ...]  # the first data for which it can be made is used

    @cached_property
    def made(self) -> tuple[Model, Inputs]:
        """The model and its data, made once."""
        errors = []
        for inputs in self.data:
            try:
                return self.build(inputs), inputs
            except ConfigError as error:
                errors.append(error)
        raise errors[0]

    @property
    def model(self) -> Model:
        """The model."""
        return self.made[0]

    @property
    def inputs(self) -> Inputs:
        """The data for which it was made."""
        return self.made[1]

    def values(self, key: str = "seed 0") -> tuple[list[Any], list[Any]]:
        """Parameters and state, as tensors."""
        params, state = self.model.init(key)
        return [tf.constant(p) for p in params], [tf.constant(s) for s in state]


def model_subject(name: str) -> ModelSubject:
    """A model by name: an item of ``conf/model``, a YAML file, or the dotted path of a function.

    The function returns a ``keras.Model``, as for ``model=keras``, or a :class:`Model` for ``inputs``.

    Raises:
        ConfigError: there is no such model.
    """
    search_working_directory()
    if name.endswith(".yaml"):
        return subject_of_node(read_yaml(Path(name)))
    if "." in name:
        return subject_of_function(import_code("model", name))
    if name not in item_names("model"):
        raise ConfigError(unknown_name(f"`model={name}`", name, item_names("model")))
    return subject_of_node(read_item("model", name))


def subject_of_node(node: Node) -> ModelSubject:
    """The model of an unchecked node."""
    checked = check(node, "model", CONTEXT["model"])
    return ModelSubject(lambda inputs: make(checked, inputs=inputs), DATA)


def subject_of_function(function: Callable[..., Any]) -> ModelSubject:
    """The model of a user's function. A Keras model that declares its inputs is tried on matching data."""

    def build(inputs: Inputs) -> Model:
        try:
            return from_keras(function, inputs)
        except ConfigError:
            if not returns_model(function, inputs):
                raise
        made: Model = function(inputs)
        return made

    return ModelSubject(build, (*data_of(function), *DATA))


def returns_model(function: Callable[..., Any], inputs: Inputs) -> bool:
    """Whether a function makes a model of optbench."""
    try:
        return isinstance(function(inputs), Model)
    except Exception:  # the error of the Keras model is the one to show
        return False


def data_of(function: Callable[..., Any]) -> tuple[Inputs, ...]:
    """The data that matches a Keras model's declared inputs and outputs; none if it does not declare them."""
    try:
        with recording():
            network = build_network(function, DATA[0], {})
            declared = declared_inputs(network)
            outputs = int(network.output_shape[-1])
    except (ConfigError, AttributeError, TypeError, IndexError, ValueError):
        return ()
    if declared is None:
        return ()
    named = tuple(named_input(tensor) for tensor in keras.tree.flatten(declared))
    return (Inputs(named[0].shape, outputs, "float32", classes=outputs if outputs > 1 else 2, named=named),)


def named_input(tensor: Any) -> NamedInput:
    """A declared input in the form of data."""
    return NamedInput(tensor.name, tuple(size or ANY_SIZE for size in tensor.shape[1:]), tensor.dtype)


def batch_for(inputs: Inputs) -> Any:
    """A batch as the model receives it: standard normal numbers, and the ids 0 and 1."""
    generator = stream("conformance", "model")

    def array(of: NamedInput) -> Any:
        shape = (EXAMPLES, *of.shape)
        if tf.as_dtype(of.dtype).is_floating:
            return tf.constant(generator.normal(size=shape), of.dtype)
        return tf.constant(generator.integers(0, 2, shape), of.dtype)

    arrays = {of.name: array(of) for of in inputs.arrays}
    return arrays if len(arrays) > 1 else next(iter(arrays.values()))


def call(subject: ModelSubject, training: bool) -> tuple[Any, Any]:
    """Outputs and state of one call of the model with initial values."""
    params, state = subject.values()
    seed = tf.constant(STEP, tf.uint32) if training else None
    outputs: tuple[Any, Any] = subject.model.apply(params, state, batch_for(subject.inputs), training, seed)
    return outputs


def has_finite_outputs(subject: ModelSubject) -> None:
    """Outputs are finite numbers, in training and in evaluation."""
    for training in (True, False):
        outputs, _ = call(subject, training)
        if not np.isfinite(outputs).all():
            where = "training" if training else "evaluation"
            wrong = int((~np.isfinite(outputs)).sum())
            raise Violation(f"{wrong} of {np.size(outputs)} outputs in {where} are not finite.")


def has_a_finite_gradient_of_each_parameter(subject: ModelSubject) -> None:
    """Each parameter has a finite gradient."""
    params, state = subject.values()
    with tf.GradientTape() as tape:
        tape.watch(params)
        seed = tf.constant(STEP, tf.uint32)
        outputs, _ = subject.model.apply(params, state, batch_for(subject.inputs), True, seed)
        total = tf.reduce_sum(tf.square(outputs))
    for name, gradient in zip(subject.model.names, tape.gradient(total, params), strict=True):
        if gradient is None:
            raise Violation(f"`{name}` has no gradient.")
        if not np.isfinite(tf.convert_to_tensor(gradient)).all():
            raise Violation(f"The gradient of `{name}` is not finite.")


def is_a_pure_function(subject: ModelSubject) -> None:
    """The same arguments give the same outputs, regardless of other calls in between."""
    for training in (True, False):
        first = call(subject, training)
        call(subject, not training)
        second = call(subject, training)
        for a, b in zip(tf.nest.flatten(first), tf.nest.flatten(second), strict=True):
            if not np.array_equal(a, b, equal_nan=True):
                raise Violation(f"A second call differs by {np.nanmax(np.abs(np.subtract(a, b))):.3g}.")


def keeps_its_state_in_evaluation(subject: ModelSubject) -> None:
    """Evaluation returns the state unchanged."""
    _, given = subject.values()
    _, after = call(subject, training=False)
    for name, a, b in zip(subject.model.state_names, given, after, strict=True):
        if not np.array_equal(a, b):
            raise Violation(f"`{name}` changes in evaluation.")


def evaluates_each_example_alone(subject: ModelSubject) -> None:
    """In evaluation, the outputs of an example do not depend on the rest of the batch."""
    if subject.inputs.shape == (0,):
        return
    params, state = subject.values()
    x = batch_for(subject.inputs)
    together, _ = subject.model.apply(params, state, x, False, None)
    first = tf.nest.map_structure(lambda t: t[:1], x)
    alone, _ = subject.model.apply(params, state, first, False, None)
    with np.errstate(invalid="ignore"):  # non-finite outputs are the subject of another check
        difference = np.max(np.abs(np.subtract(together[:1], alone)))
    if not difference <= 1e-4 * max(1.0, np.max(np.abs(together))):
        raise Violation(f"The outputs of an example differ by {difference:.3g} if it is alone in its batch.")


def draws_weights_by_the_seed(subject: ModelSubject) -> None:
    """A seed gives the same initial weights each time the model is made, and another seed gives different ones."""
    first, again = subject.model.init("seed 0"), subject.build(subject.inputs).init("seed 0")
    for a, b in zip(tf.nest.flatten(first), tf.nest.flatten(again), strict=True):
        if not np.array_equal(a, b, equal_nan=True):
            raise Violation("The model that is made again starts from other weights.")
    other = subject.model.init("seed 1")
    same = all(np.array_equal(a, b) for a, b in zip(first[0], other[0], strict=True))
    if same and not subject.model.notes:  # notes that weights were given
        raise Violation("All seeds start from the same weights.")


MODEL_CHECKS: tuple[Callable[[ModelSubject], None], ...] = (
    has_finite_outputs,
    has_a_finite_gradient_of_each_parameter,
    is_a_pure_function,
    keeps_its_state_in_evaluation,
    evaluates_each_example_alone,
    draws_weights_by_the_seed,
)
