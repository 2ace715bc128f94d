"""A problem: data set + model + loss + regularizer = what is minimised.

    loss(params, state, x, y, ...)    what a training step descends: data loss plus penalty
    evaluate(params, state, split)    what is recorded: metrics on a whole split

Pure functions of tensors, so that a program can trace them and run many lanes of them.
"""

import hashlib
from collections.abc import Collection
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from optbench.config.build import check, make
from optbench.datasets.base import Dataset, Split, check_labels
from optbench.errors import ConfigError
from optbench.losses.base import Loss
from optbench.models.base import Model, inputs_of
from optbench.problem.chunks import mean_over_chunks
from optbench.problem.recordings import Recording, recordings_of
from optbench.random.cache import cache_arrays
from optbench.random.counter import fold, normal
from optbench.regularizers.base import Regularizer
from optbench.spec.run import Budget, canonical
from optbench.spec.run import ProblemConfig as ProblemConfig
from optbench.spec.targets import Target

Tensor = Any
CONTEXT = {"dataset": ("data_dir",), "model": ("inputs",)}  # what the parts of a problem are given beside their nodes
EVALUATED_TRAIN_EXAMPLES = 10_000  # the fixed subset on which training metrics are taken
LARGEST_OUTPUT = 2**23  # numbers that a layer may put out while metrics are taken, 32 MiB in float32


class Keys(NamedTuple):
    """Keys of the random numbers of one run or one step, uint32 (2,) each; see :mod:`optbench.random.counter`."""

    dropout: Tensor
    augment: Tensor
    noise: Tensor


class Problem(NamedTuple):
    """What is minimised, as pure functions. The loss and the regularizer may hold tensors."""

    dataset: Dataset
    model: Model
    loss_function: Loss
    regularizer: Regularizer

    def loss(self, params: list[Tensor], state: list[Tensor], x: Tensor, y: Tensor, seed: Keys) -> Any:
        """The regularized loss on a batch, scalar, and the model's new state. ``seed`` is that of the step."""
        x = self.dataset.prepare(x, params[0].dtype)
        if self.dataset.augment:
            x = self.dataset.augment(seed.augment, x)
        x = self.dataset.finish(x)
        outputs, state = self.model.apply(params, state, x, training=True, seed=seed.dropout)
        data_loss = tf.reduce_mean(self.loss_function.value(outputs, y))
        return data_loss + self.regularizer.penalty(params), list(state)

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
        """Metrics on a whole split, each a scalar: ``loss``, ``accuracy`` in [0, 1] where there are classes, and
        ``regularized_loss`` where it is another than ``loss``."""
        of_chunk = partial(self._metrics, params, state)
        metrics = mean_over_chunks(of_chunk, split.x, split.y, self.model.examples_within(LARGEST_OUTPUT))
        if self.regularizer.active:
            metrics["regularized_loss"] = metrics["loss"] + self.regularizer.penalty(params)
        return metrics

    def _metrics(self, params: list[Tensor], state: list[Tensor], x: Tensor, y: Tensor) -> dict[str, Tensor]:
        x = self.dataset.finish(self.dataset.prepare(x, params[0].dtype))
        outputs, _ = self.model.apply(params, state, x, training=False, seed=None)
        metrics = {"loss": tf.reduce_mean(self.loss_function.value(outputs, y))}
        if self.dataset.classes:
            right = tf.equal(self.loss_function.decide(outputs), y)
            metrics["accuracy"] = tf.reduce_mean(tf.cast(right, outputs.dtype))
        return metrics


class DeviceData(NamedTuple):
    """A data set as tensors: what batches are gathered from, and what metrics are taken on."""

    train: Split
    evaluated: dict[str, Split]  # by split; of a long training split only a fixed subset


class BuiltProblem(NamedTuple):
    """The parts of a problem that are built once, whatever optimizers come to it."""

    dataset: Dataset
    data: DeviceData
    model: Model
    batch_size: int
    steps_per_epoch: int
    budget: Budget
    data_digest: str  # of the bytes of all splits
    recordings: list[Recording]  # what is kept of a run beside its metrics

    @property
    def total_steps(self) -> int:
        """The number of training steps of a run."""
        return self.budget.total_steps(self.steps_per_epoch)

    @property
    def evaluation_steps(self) -> list[int]:
        """The steps after which a run is looked at."""
        return self.budget.evaluation_steps(self.steps_per_epoch)


class BuiltProblems:
    """The materials of one study, each built once; problems on one data set share its arrays."""

    def __init__(self, data_dir: str | None = None) -> None:
        self.data_dir = data_dir  # where published data sets are kept; None is the user's cache directory
        self._built_problems: dict[str, BuiltProblem] = {}
        self._data: dict[str, tuple[Dataset, DeviceData, str]] = {}

    def get(self, config: ProblemConfig) -> BuiltProblem:
        """The material of a problem.

        Raises:
            ConfigError: its parts do not fit together.
        """
        key = canonical(config.identity())
        if key not in self._built_problems:
            self._built_problems[key] = self._build(config)
        return self._built_problems[key]

    def _build(self, config: ProblemConfig) -> BuiltProblem:
        dataset, data, data_digest = self._dataset(config)
        model: Model = make(config.model, inputs=inputs_of(dataset, config.precision))
        model = model._replace(
            init=cache_arrays(model.init, key=str)
        )  # all settings of a seed start from the same weights
        loss: Loss = make(config.loss)
        loss.check(dataset, model)
        batch_size = resolve_batch_size(config.batch_size, dataset)
        steps_per_epoch = len(dataset.train.x) // batch_size
        data = keep_whole_batches(data, batch_size, dataset) if config.drop_last else data
        return BuiltProblem(
            dataset,
            data,
            model,
            batch_size,
            steps_per_epoch,
            config.budget,
            data_digest,
            recordings=recordings_of(dataset, model, loss),
        )

    def _dataset(self, config: ProblemConfig) -> tuple[Dataset, DeviceData, str]:
        key = canonical([config.dataset, config.precision])
        if key not in self._data:
            dataset: Dataset = make(config.dataset, data_dir=self.data_dir)
            check_labels(dataset)
            data = copy_to_device(dataset, config.precision)
            self._data[key] = (share_device_memory(dataset, data), data, data_digest(dataset))
        return self._data[key]


def resolve_batch_size(batch_size: int | str, dataset: Dataset) -> int:
    """The number of examples in a batch; ConfigError where the training split has fewer."""
    examples = len(dataset.train.x)
    size = examples if batch_size == "full" or dataset.is_empty else int(batch_size)
    if size > examples:
        raise ConfigError(
            f"`batch_size` must be at most the {examples} training examples of {dataset.name}. "
            f"Received: batch_size={size}. Take batch_size=full for all of them."
        )
    return size


def keep_whole_batches(data: DeviceData, batch_size: int, dataset: Dataset) -> DeviceData:
    """``data`` whose metrics leave out what does not fill a batch; ConfigError where a split has no whole batch."""
    sizes = {name: len(split.y) // batch_size * batch_size for name, split in data.evaluated.items()}
    empty = [name for name, size in sizes.items() if not size]
    if empty:
        raise ConfigError(
            f"`eval.drop_last` leaves nothing of {dataset.name}'s {empty[0]} split, which is smaller than a batch. "
            f"Received: batch_size={batch_size}. Take a smaller one, or eval.drop_last=false."
        )
    kept = {name: Split(*(t[: sizes[name]] for t in split)) for name, split in data.evaluated.items()}
    return DeviceData(data.train, kept)


def copy_to_device(dataset: Dataset, precision: str) -> DeviceData:
    """Copy ``dataset`` to the device, its real numbers in ``precision``."""

    def tensors(split: Split) -> Split:
        return Split(*(tf.constant(a.astype(precision) if a.dtype.kind == "f" else a) for a in split))

    splits = {name: tensors(split) for name, split in dataset.splits.items()}
    looked_at = Split(*(t[:EVALUATED_TRAIN_EXAMPLES] for t in splits["train"]))
    return DeviceData(splits["train"], {**splits, "train": looked_at})


def share_device_memory(dataset: Dataset, data: DeviceData) -> Dataset:
    """``dataset`` with the tensors' memory in place of its own: where the device is a CPU, each byte is held once."""
    there = {**data.evaluated, "train": data.train}
    seen = {name: Split(*map(np.asarray, there[name])) for name in dataset.splits}
    return dataset._replace(train=seen["train"], valid=seen.get("valid"), test=seen.get("test"))


def data_digest(dataset: Dataset) -> str:
    """A hash of the bytes of every split."""
    text = hashlib.sha256()
    for split in dataset.splits.values():
        for array in split:
            text.update(np.ascontiguousarray(array).data)
    return text.hexdigest()[:16]


def check_target(target: Target | None, config: ProblemConfig, built: BuiltProblem) -> None:
    """Raise ConfigError unless the problem records what its target is about."""
    if target is None:
        return
    dataset = built.dataset
    if target.split not in dataset.splits:
        raise ConfigError(
            f"`target.split` must be a split of dataset={dataset.name}: {', '.join(dataset.splits)}. "
            f"Received: target.split={target.split}. Take one of these, or target=null for none."
        )
    recorded = recorded_metrics(config, built)
    if target.metric not in recorded:
        why = "has no classes" if not dataset.classes and target.metric == "accuracy" else "does not record it"
        raise ConfigError(
            f"`target.metric` must be one that this problem records: {', '.join(recorded)}; dataset={dataset.name} "
            f"{why}. Received: target.metric={target.metric}. Give another target, or target=null for none."
        )
    if target.metric == "accuracy" and not 0 < target.value <= 1:
        raise ConfigError(f"`target.value` of an accuracy must be in (0, 1]. Received: target.value={target.value:g}.")


def recorded_metrics(config: ProblemConfig, built: BuiltProblem) -> list[str]:
    """The metrics that runs of a problem record."""
    accuracy = ["accuracy"] if built.dataset.classes else []
    regularized = ["regularized_loss"] if make(config.regularizer).active else []
    return ["loss", *accuracy, *regularized]


def check_problem_nodes(nodes: dict[str, Any], overrides: Collection[str] = ()) -> dict[str, Any]:
    """Return the nodes of a problem with their values cast; see :func:`optbench.config.build.check`."""
    return {group: check(node, group, CONTEXT.get(group, ()), overrides) for group, node in nodes.items()}
