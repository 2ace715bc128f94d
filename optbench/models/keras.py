"""A user's Keras model, returned by a function: Sequential, functional or subclassed.

my_package.models.my_cnn ──> keras.Model ──> pure functions (init, apply)

def my_cnn(input_shape, classes):
    return keras.Sequential([keras.Input(input_shape), ..., keras.layers.Dense(classes)])
"""

from collections.abc import Mapping
from typing import Annotated, Any

import keras as library
import numpy as np
import tensorflow as tf

from optbench.config.parameters import NamesCode
from optbench.config.user_code import describe_code, import_code
from optbench.errors import ConfigError
from optbench.models._keras_build import (
    Build,
    build_network,
    build_variables,
    check_outputs,
    check_repeatable,
    check_variables,
    default_precision,
)
from optbench.models._keras_calls import StatelessNetwork, Trial, try_call
from optbench.models._keras_inputs import arrange_inputs, batch_of
from optbench.models._keras_layers import compute_of, describe_layers, graph_only, output_activation
from optbench.models._keras_summary import summary_of
from optbench.models._keras_variables import (
    InitialValue,
    InitialWeights,
    identity_of,
    initial_values,
    recording,
)
from optbench.models._layer_kinds import layer_kinds
from optbench.models.base import Arrays, Inputs, Model
from optbench.random.streams import stream


def keras(
    inputs: Inputs,
    build: Annotated[str | None, NamesCode()] = None,
    keywords: dict[str, Any] | None = None,
    initial_weights: InitialWeights = "auto",
) -> Model:
    """A Keras model that a user's function returns.

    The function may have any of these arguments, and others from ``keywords``: ``input_shape`` (of one example, a
    tuple; for several inputs, a dict of tuples), ``outputs`` (the required number of outputs), ``classes`` (the number
    of classes, 0 for regression) and ``inputs`` (everything, as :class:`optbench.models.base.Inputs`).

    The layers determine how the model is compiled, and whether runs train side by side. Regularizers of its layers and
    ``add_loss`` are part of the training objective. A layer's random numbers come from the run's seed.

    Args:
        inputs: the data to fit.
        build: dotted path of the function.
        keywords: additional arguments of the function, by name; null for none.
        initial_weights: ``auto``: each seed draws new weights by the layers' initializers, but weights that the
            function set or loaded keep their values; ``drawn``: each seed draws all trainable weights; ``given``: all
            seeds start from the weights of the returned model.

    Raises:
        ConfigError: there is no such function, it fails, or its model does not fit the data.
    """
    if build is None:
        raise ConfigError(
            "`model.build` must name a function that returns a keras.Model. Received: model.build=null. "
            "Write model.build=my_package.models.my_model."
        )
    return from_keras(import_code("model.build", build), inputs, keywords, initial_weights)


def from_keras(
    build: Build | library.Model,
    inputs: Inputs,
    keywords: Mapping[str, Any] | None = None,
    initial_weights: InitialWeights = "auto",
) -> Model:
    """Convert a Keras model to a :class:`Model`: pure functions whose initial weights depend only on the seed.

    Args:
        build: a function that returns the model, see :func:`keras`; or the model itself.
        inputs: the data to fit.
        keywords: additional arguments of the function, by name.
        initial_weights: see :func:`keras`.

    Raises:
        ConfigError: the function fails, or its model does not fit the data.
    """
    what = f"`{build.name}`" if isinstance(build, library.Model) else describe_code(build)
    batch = batch_of(inputs)
    with recording() as recorder, default_precision(inputs.dtype):
        network = build_network(build, inputs, keywords or {})
        arrange = arrange_inputs(network, inputs, what)
        build_variables(network, arrange, batch, what)
        check_variables(network, inputs, what)
        variables = [*network.trainable_variables, *network.non_trainable_variables]
        values = initial_values(variables, recorder, initial_weights)
        identity = identity_of(values, describe_layers(network, all(map(recorder.knows, variables))))
    if any(value.given for value in values) and not isinstance(build, library.Model):
        check_given(build, inputs, keywords or {}, network, what)
    stateless = StatelessNetwork(network, arrange, inputs.numbers)
    trial = try_call(stateless, inputs, what)
    check_outputs(trial.shape, inputs, what)
    return assemble(stateless, values, trial, inputs)._replace(identity=identity)


def check_given(build: Build, inputs: Inputs, keywords: Mapping[str, Any], network: library.Model, what: str) -> None:
    """Build the model again, and raise ConfigError unless it has the same weights."""
    weights = [variable.numpy() for variable in network.weights]
    with recording(), default_precision(inputs.dtype):
        again = build_network(build, inputs, keywords)
        build_variables(again, arrange_inputs(again, inputs, what), batch_of(inputs), what)
    check_repeatable(weights, again, what)


def assemble(stateless: StatelessNetwork, values: tuple[InitialValue, ...], trial: Trial, inputs: Inputs) -> Model:
    """Assemble a :class:`Model` from its parts."""
    network = stateless.network
    trained, others = network.trainable_variables, network.non_trainable_variables

    def init(key: str) -> tuple[Arrays, Arrays]:
        drawn = [value.draw(key, position) for position, value in enumerate(values)]
        return drawn[: len(trained)], drawn[len(trained) :]

    return Model(
        init=init,
        apply=stateless.apply,
        names=unique([variable.path for variable in trained]),
        shapes=[tuple(variable.shape) for variable in trained],
        outputs=int(trial.shape[-1] or 0),
        output_activation=find_activation(stateless, init, inputs),
        compute=compute_of(network),
        each_position=len(trial.shape) > 2,
        activations=trial.sizes,
        state_names=tuple(unique([variable.path for variable in others])),
        apply_with_penalty=stateless.apply_with_penalty if trial.penalized else None,
        graph_only=graph_only(network),
        text=summary_of(network),
        notes=notes_on(network, values),
        kinds=layer_kinds(network),
    )


def unique(names: list[str]) -> list[str]:
    """Make names unique by appending numbers to duplicates."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    repeated = {name for name, times in seen.items() if times > 1}
    return [f"{name}#{position}" if name in repeated else name for position, name in enumerate(names)]


def notes_on(network: library.Model, values: tuple[InitialValue, ...]) -> tuple[str, ...]:
    """A note on which weights are the same for all seeds although seeds draw other weights."""
    variables = [*network.trainable_variables, *network.non_trainable_variables]
    given = [variable.path for variable, value in zip(variables, values, strict=True) if value.given]
    if not given:
        return ()
    more = len(given) - 1
    rest = f" and {more} other tensor{'s' * (more > 1)}" if more else ""
    return (f"All seeds start from the given values of `{given[0]}`{rest}.",)


def find_activation(stateless: StatelessNetwork, init: Any, inputs: Inputs) -> str:
    """The activation that produces the outputs, inferred from the layers or, if that fails, numerically.

    If outputs for random inputs are positive and sum to 1, it is a softmax.
    """
    named = output_activation(stateless.network)
    if named != "unknown":
        return named
    params, state = ([tf.constant(value) for value in values] for values in init("activation"))
    outputs, _ = stateless.apply(params, state, batch_of(inputs, stream("activation")), training=False, seed=None)
    is_softmax = outputs.shape[-1] > 1 and np.all(outputs > 0) and np.allclose(np.sum(outputs, axis=-1), 1, atol=1e-4)
    return "softmax" if is_softmax else "unknown"
