"""The minimum of a convex problem, in float64, which every optimizer should approach."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.optimize import minimize

from optbench.analysis.metrics import OBJECTIVE
from optbench.config.build import join, make, split
from optbench.config.parameters import Node
from optbench.errors import ConfigError
from optbench.losses.base import Loss, fit_loss
from optbench.models.base import Model
from optbench.problem.built import BuiltProblem
from optbench.problem.device_data import first_examples
from optbench.problem.references.gaussian import features
from optbench.random.streams import stream
from optbench.regularizers.base import Regularizer
from optbench.spec.run import ProblemConfig
from optbench.spec.study_file import ReferenceValue

Array = NDArray[np.float64]
Objective = Callable[[Array], tuple[float, Array]]  # flat parameters -> value and gradient
STOP = {"maxiter": 10_000, "maxfun": 20_000, "ftol": 0.0, "gtol": 1e-10, "maxcor": 20}
ASKED = 8  # number of examples on which a model is tested for linearity


def optimum(problem: ProblemConfig, built: BuiltProblem) -> list[ReferenceValue]:
    """The minimum on the training split of the training objective: data loss plus penalty.

    The model must be linear in its inputs. Loss and regularizer must be convex and smooth.

    Raises:
        ConfigError: the problem does not meet these conditions.

    Source: Liu and Nocedal, "On the Limited Memory BFGS Method for Large Scale Optimization", 1989, as SciPy has it.
    """
    loss = fit_loss(exact(problem.loss), built.dataset, built.model)
    regularizer: Regularizer = exact(problem.regularizer)
    dataset, model = built.dataset, built.model
    if not (loss.convex and regularizer.smooth and is_linear(model, built)):
        names = " ".join(f"{group}={problem.names[group]}" for group in ("model", "loss", "regularizer"))
        raise ConfigError(
            "`reference=[optimum]` needs a problem that is convex and smooth: a linear model such as softmax, "
            f"loss=cross_entropy or mse, regularizer=none or l2. Received: {names}. Leave it out."
        )
    function = objective(loss, regularizer, features(dataset, dataset.train), dataset.train.y)
    found = minimize(function, np.zeros(model.parameters), jac=True, method="L-BFGS-B", options=STOP)
    metric, used = (OBJECTIVE if regularizer.active else "loss"), len(dataset.train.y)
    note = f"by L-BFGS in float64 on {used:,} training examples, gradient at most {np.abs(found.jac).max():.1e}"
    comparable = used == len(built.data.evaluated["train"].y)
    return [ReferenceValue("optimum", "optimum", metric, "train", float(found.fun), note, comparable)]


def exact(node: Node) -> Any:
    """The object of ``node`` with its numbers in float64; Python floats would be rounded to float32."""
    structure, numbers = split(node, "")
    return make(join(structure, {path: tf.constant(value, tf.float64) for path, value in numbers.items()}, ""))


def is_linear(model: Model, built: BuiltProblem) -> bool:
    """Whether outputs are inputs times a matrix plus a vector, and these are all parameters; tested numerically."""
    dataset = built.dataset
    if [len(shape) for shape in model.shapes] != [2, 1] or model.each_position or isinstance(dataset.train.x, dict):
        return False
    some = first_examples(dataset.train, ASKED)
    x = dataset.finish(dataset.prepare(tf.constant(some.x), tf.float32))
    dtype = model.init("linear")[0][0].dtype
    kernel, bias = (stream("linear", list(shape)).normal(size=shape).astype(dtype) for shape in model.shapes)
    outputs, _ = model.apply([tf.constant(kernel), tf.constant(bias)], [], tf.cast(x, dtype), training=False, seed=None)
    flat = features(dataset, some)
    return flat.shape[1] == len(kernel) and np.allclose(outputs, flat @ kernel + bias, rtol=1e-3, atol=1e-3)


def objective(loss: Loss, regularizer: Regularizer, x: Array, y: NDArray[Any]) -> Objective:
    """The objective as a function of one vector: the kernel, then the bias.

    Args:
        loss: of outputs (examples, outputs).
        regularizer: of the kernel.
        x: float64 (examples, features).
        y: labels (examples,) or numbers (examples, outputs).
    """
    inputs = tf.constant(x)
    targets = tf.constant(y.astype(np.float64) if y.dtype.kind == "f" else y)
    inputs_count = x.shape[1]

    def value_and_gradient(row: Array) -> tuple[float, Array]:
        params = tf.constant(row.reshape(inputs_count + 1, -1))  # the bias is the last row
        with tf.GradientTape() as tape:
            tape.watch(params)
            kernel, bias = params[:-1], params[-1]
            data_loss = tf.reduce_mean(loss.value(inputs @ kernel + bias, targets))
            value = data_loss + regularizer.penalty([kernel, bias])
        gradient = tape.gradient(value, params)
        return float(value), np.asarray(gradient, np.float64).ravel()

    return value_and_gradient
