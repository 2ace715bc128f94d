"""The share of examples whose class is among the k most probable."""

from typing import Annotated, Any

import tensorflow as tf

from optbench.config.parameters import AtLeastOne
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses.base import Loss
from optbench.metrics.base import SHARE, Measure, Metric, check_classes
from optbench.models.base import Model

Tensor = Any


def top_k(k: Annotated[int, AtLeastOne] = 5) -> Metric:
    """The share of examples whose class is among the ``k`` with the largest outputs; in [0, 1], higher is better.

    Its name in tables is ``top_<k>_accuracy``. A class is among them if fewer than ``k`` others have a larger output.

    Args:
        k: at least 1, and less than the number of classes.

    Raises:
        ConfigError: (from ``fit``) there are no more than ``k`` classes, or not one output per class.

    Source: scikit-learn's ``top_k_accuracy_score``.
    """

    def fit(dataset: Dataset, model: Model, loss: Loss) -> Measure:
        check_classes("top_k", dataset)
        if model.outputs <= k:
            raise ConfigError(
                f"`metrics=[top_k]` must look at fewer classes than there are outputs. Received: k={k} and "
                f"{model.outputs} outputs on {dataset.name}. Take a smaller one: metrics=[{{top_k: {{k: 1}}}}]."
            )
        return Measure(mean)

    def mean(outputs: Tensor, targets: Tensor) -> Tensor:
        own = tf.gather(outputs, targets, axis=-1, batch_dims=targets.shape.rank)[..., tf.newaxis]
        larger = tf.reduce_sum(tf.cast(outputs > own, tf.int32), axis=-1)
        return tf.reduce_mean(tf.cast(larger < k, outputs.dtype))

    return Metric(f"top_{k}_accuracy", SHARE, fit)
