"""Keras's own optimizers as a reference: the library's class computes the updates, in the same loop as every rule."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

import keras as library
import numpy as np
import tensorflow as tf

from optbench.config.parameters import InName, NamesCode, Scalar
from optbench.optimizers._keras_classes import (
    LibraryOptimizer,
    check_construction,
    check_keywords,
    check_update,
    make_stateless,
    optimizer_class,
    run_outside_graph,
)
from optbench.optimizers.base import (
    LearningRate,
    Optimizer,
    Params,
    Positive,
    Search,
    Tensor,
    Updates,
    check_gradients,
    first_step,
    value_at,
)

Variable = Any


class KerasState(NamedTuple):
    """State of a Keras optimizer."""

    step: Tensor  # int32 scalar
    variables: list[Tensor]  # values of ``optimizer.variables``, in that order


def keras(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    class_name: Annotated[str, InName(), NamesCode()] = "Adam",
    keywords: dict[str, Scalar] | None = None,
) -> Optimizer:
    """An unmodified optimizer of Keras, or a user's class written for Keras.

    At each step, the class receives the parameters, the gradients and its state as plain tensors, in a
    ``keras.StatelessScope``. The rule is therefore a pure function, as any other, and shards may run concurrently. It
    has one lane only, because not every class can be mapped over lanes.

    Args:
        learning_rate: α > 0, a number or a schedule.
        class_name: name of a class of ``keras.optimizers``, such as ``Adam``, or the dotted path of the user's own
            subclass of ``keras.optimizers.Optimizer``.
        keywords: keyword arguments of that class, each a plain value; null for none. Others have Keras's defaults.

    Raises:
        ConfigError: there is no such class, the class has no such keyword, it rejects the value, or it cannot update a
            parameter.

    Source: Keras, ``keras.optimizers``. ``python -m optbench.crosscheck`` prints the position of eps and other
    differences from the rule of the same name here. Weight decay, if a class has it, applies to all parameters,
    including biases.
    """
    make = make_stateless(optimizer_class(class_name))
    arguments = check_keywords(class_name, keywords or {})
    check_construction(make, arguments, class_name)
    if "." in class_name:
        check_update(make, arguments, class_name)

    def init(params: Params) -> KerasState:
        values = run_outside_graph(lambda: [v.numpy() for v in build(make, arguments, params, 0.0)[0].variables])
        return KerasState(first_step(), [tf.constant(value) for value in values])

    def update(grads: Updates, state: KerasState, params: Params) -> tuple[Updates, KerasState]:
        check_gradients(grads, params)
        alpha = value_at(learning_rate, state.step, params)
        optimizer, variables = run_outside_graph(lambda: build(make, arguments, params, alpha))
        own_variables = optimizer.variables
        values = [*zip(variables, params, strict=True), *zip(own_variables, state.variables, strict=True)]
        with library.StatelessScope(values) as scope:
            optimizer.apply(grads)
        updates = [scope.get_current_value(v) - p for v, p in zip(variables, params, strict=True)]
        return updates, KerasState(state.step + 1, [scope.get_current_value(v) for v in own_variables])

    return Optimizer(init, update, lanes="one")


def build(
    make: Callable[..., LibraryOptimizer], keywords: Mapping[str, Any], params: Params, alpha: Tensor
) -> tuple[LibraryOptimizer, list[Variable]]:
    """Build an optimizer for new variables of the shapes and dtypes of ``params``. Return both."""
    optimizer = make(learning_rate=lambda: alpha, **keywords)
    variables = [library.Variable(np.zeros(p.shape), dtype=p.dtype.name) for p in params]
    optimizer.build(variables)
    return optimizer, variables
