"""A problem: data set + model + loss + regularizer = what is minimised.

    loss(params, state, x, y, ...)    what a training step descends: data loss plus penalty
    evaluate(params, state, split)    what is recorded: metrics on a whole split

Pure functions of tensors, so that a program can trace them and run many lanes of them.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import tensorflow as tf

from optbench.datasets.base import Dataset, Split
from optbench.losses.base import Loss
from optbench.metrics.base import Measure
from optbench.models.base import Model
from optbench.problem.chunks import map_over_chunks, mean_over_chunks
from optbench.random.counter import fold, normal
from optbench.regularizers.base import Regularizer
from optbench.spec.run import ProblemConfig as ProblemConfig

Tensor = Any
PREDICTIONS = "predictions"  # returned with the metrics of a split if some of them are computed on the host
PENALTY = "model penalty"  # what a model itself adds to the loss; no metric has this name
LARGEST_OUTPUT = 2**23  # numbers that a layer may put out while metrics are taken, 32 MiB in float32


class Keys(NamedTuple):
    """Keys of the random numbers of one run or one step, uint32 (2,) each; see :mod:`optbench.random.counter`."""

    dropout: Tensor
    augment: Tensor
    noise: Tensor


class ProblemFunctions(NamedTuple):
    """The function to minimize, as pure functions. The loss and the regularizer may hold tensors."""

    dataset: Dataset
    model: Model
    loss_function: Loss
    regularizer: Regularizer
    metrics: Mapping[str, Measure] = MappingProxyType({})  # beside the loss, by name

    @property
    def streams(self) -> list[str]:
        """The names of the random streams that a step may draw from: the other keys need not be those of the step."""
        drawn = Keys(self.model.draws, self.dataset.augment is not None, self.loss_function.noise is not None)
        return [name for name, is_drawn in drawn._asdict().items() if is_drawn]

    def loss(self, params: list[Tensor], state: list[Tensor], x: Tensor, y: Tensor, seed: Keys) -> Any:
        """The regularized loss on a batch, scalar, and the model's new state. ``seed`` is that of the step."""
        x = self.dataset.prepare(x, params[0].dtype)
        if self.dataset.augment:
            x = self.dataset.augment(seed.augment, x)
        x = self.dataset.finish(x)
        outputs, state, penalties = self._call(params, state, x, training=True, seed=seed.dropout)
        loss = tf.reduce_mean(self.loss_function.value(outputs, self._targets(x, y)))
        loss += self.regularizer.penalty(params)
        return sum(penalties, loss), list(state)

    def _targets(self, x: Tensor, y: Tensor) -> Tensor:
        """What outputs are compared with: the targets, or the inputs that the model was given, (batch, numbers)."""
        return tf.reshape(x, [x.shape[0], -1]) if self.loss_function.of_inputs else y

    def _call(self, params: list[Tensor], state: list[Tensor], x: Tensor, training: bool, seed: Any) -> Any:
        """Outputs, state, and a list of the penalty that the model itself adds to the loss, or of none."""
        if self.model.apply_with_penalty is None:
            return *self.model.apply(params, state, x, training=training, seed=seed), []
        outputs, state, penalty = self.model.apply_with_penalty(params, state, x, training=training, seed=seed)
        return outputs, state, [penalty]

    def with_noise(self, grads: list[Tensor], seed: Keys) -> list[Tensor]:
        """The gradient as training sees it: with the normal noise of a loss that has some.

        Added here and not through the loss: where the noise is 0 the gradient keeps its bits, however XLA joins the
        sums that the gradient is made of.
        """
        noise = self.loss_function.noise
        if noise is None:
            return grads
        return [g + noise * normal(fold(seed.noise, i), g.shape, g.dtype) for i, g in enumerate(grads)]

    def evaluate(self, params: list[Tensor], state: list[Tensor], split: Split) -> dict[str, Tensor]:
        """Metrics on a whole split, each a scalar: ``loss``, those of the problem that are means over examples, and
        ``regularized_loss`` where it differs from ``loss``.

        If a metric is computed from all predictions, ``predictions`` is added, (examples, ...).
        """
        examples = self.model.examples_within(LARGEST_OUTPUT)
        means = mean_over_chunks(partial(self._means, params, state), split.x, split.y, examples)
        metrics = {"loss": means["loss"]}
        metrics |= {n: m.finish(means[n], split.y) for n, m in self.metrics.items() if m.mean is not None}
        if PENALTY in means:
            metrics["regularized_loss"] = means["loss"] + means[PENALTY]
        if self.regularizer.active:
            penalized = metrics.get("regularized_loss", metrics["loss"])
            metrics["regularized_loss"] = penalized + self.regularizer.penalty(params)
        if any(measure.whole for measure in self.metrics.values()):
            predict = partial(self._predict, params, state)
            metrics[PREDICTIONS] = map_over_chunks(predict, split.x, split.examples, examples)
        return metrics

    def _means(self, params: list[Tensor], state: list[Tensor], x: Tensor, y: Tensor) -> dict[str, Tensor]:
        x = self._as_given(x, params)
        outputs, _, penalties = self._call(params, state, x, training=False, seed=None)
        means = {"loss": tf.reduce_mean(self.loss_function.value(outputs, self._targets(x, y)))}
        means |= {PENALTY: penalties[0]} if penalties else {}
        return means | {name: m.mean(outputs, y) for name, m in self.metrics.items() if m.mean is not None}

    def _predict(self, params: list[Tensor], state: list[Tensor], x: Tensor) -> Tensor:
        outputs = self._call(params, state, self._as_given(x, params), training=False, seed=None)[0]
        return self.loss_function.scores(outputs)

    def _as_given(self, x: Tensor, params: list[Tensor]) -> Tensor:
        """Inputs as the model is given them in evaluation."""
        return self.dataset.finish(self.dataset.prepare(x, params[0].dtype))
