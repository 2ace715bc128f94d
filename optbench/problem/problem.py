"""A problem: data set + model + loss + regularizer = the function to minimize.

    loss(params, state, x, y, ...)    the objective of a training step: data loss plus penalty
    evaluate(params, state, split)    the recorded values: metrics on a whole split

Both are pure functions of tensors, so that a program can trace them and run many lanes.
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
PREDICTIONS = "predictions"  # added to the metrics of a split if some of them are computed on the host
PENALTY = "model penalty"  # the model's own addition to the loss; no metric has this name
LARGEST_OUTPUT = 2**23  # numbers in a layer's output during evaluation, 32 MiB in float32


class Keys(NamedTuple):
    """Keys of the random numbers of one run or step, each uint32 (2,); see :mod:`optbench.random.counter`."""

    dropout: Tensor
    augment: Tensor
    noise: Tensor


class ProblemFunctions(NamedTuple):
    """The function to minimize, as pure functions. The loss and the regularizer may hold tensors."""

    dataset: Dataset
    model: Model
    loss_function: Loss
    regularizer: Regularizer
    metrics: Mapping[str, Measure] = MappingProxyType({})  # besides the loss, by name

    @property
    def streams(self) -> list[str]:
        """The names of the random streams from which a step may draw. The other keys need not be those of the step."""
        drawn = Keys(self.model.draws, self.dataset.augment is not None, self.loss_function.noise is not None)
        return [name for name, is_drawn in drawn._asdict().items() if is_drawn]

    def loss(self, params: list[Tensor], state: list[Tensor], x: Tensor, y: Tensor, seed: Keys) -> Any:
        """The regularized loss on a batch, a scalar, and the model's new state. ``seed`` holds the keys of the step."""
        x = self.dataset.prepare(x, params[0].dtype)
        if self.dataset.augment:
            x = self.dataset.augment(seed.augment, x)
        x = self.dataset.finish(x)
        outputs, state, penalties = self._call(params, state, x, training=True, seed=seed.dropout)
        loss = tf.reduce_mean(self.loss_function.value(outputs, self._targets(x, y)))
        loss += self.regularizer.penalty(params)
        return sum(penalties, loss), list(state)

    def _targets(self, x: Tensor, y: Tensor) -> Tensor:
        """The values that outputs are compared with: the targets, or the model's inputs, (batch, numbers)."""
        return tf.reshape(x, [x.shape[0], -1]) if self.loss_function.of_inputs else y

    def _call(self, params: list[Tensor], state: list[Tensor], x: Tensor, training: bool, seed: Any) -> Any:
        """Outputs, state, and a list with the model's own penalty, which is empty if the model has none."""
        if self.model.apply_with_penalty is None:
            return *self.model.apply(params, state, x, training=training, seed=seed), []
        outputs, state, penalty = self.model.apply_with_penalty(params, state, x, training=training, seed=seed)
        return outputs, state, [penalty]

    def with_noise(self, grads: list[Tensor], seed: Keys) -> list[Tensor]:
        """The gradient that training uses: with normal noise, if the loss defines some.

        The noise is added here and not to the loss. Thus noise of 0 does not change a bit of the gradient, regardless
        of how XLA fuses its sums.
        """
        noise = self.loss_function.noise
        if noise is None:
            return grads
        return [g + noise * normal(fold(seed.noise, i), g.shape, g.dtype) for i, g in enumerate(grads)]

    def evaluate(self, params: list[Tensor], state: list[Tensor], split: Split) -> dict[str, Tensor]:
        """Metrics on a whole split, each a scalar: ``loss``, the problem's metrics that are means over examples, and
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
        """Inputs as the model receives them in evaluation."""
        return self.dataset.finish(self.dataset.prepare(x, params[0].dtype))
