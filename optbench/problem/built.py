"""Build problems from their configuration, once per study: data, model, and checks that they fit together."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, NamedTuple

from optbench.analysis.metrics import OBJECTIVE
from optbench.config.build import check, locate, make
from optbench.config.parameters import TARGET, Node
from optbench.config.user_code import describe_raised, describe_returned
from optbench.datasets._checks import accept_dataset
from optbench.datasets.base import Dataset, reconstruction
from optbench.diagnostics.base import Diagnosis
from optbench.errors import ConfigError, OptbenchError
from optbench.losses.auto import choose_loss, is_auto
from optbench.losses.base import Loss, fit_loss
from optbench.metrics.base import Measure, Metric
from optbench.models._keras_variables import names_from_zero
from optbench.models._weight_limit import weights_that_fit
from optbench.models.base import Model, inputs_of
from optbench.problem.device_data import (
    DeviceData,
    copy_to_device,
    data_digest,
    keep_whole_batches,
    share_device_memory,
)
from optbench.problem.diagnose import build_diagnoses, diagnostic_names
from optbench.problem.loss_check import check_loss
from optbench.problem.metrics import build_metrics, check_metrics, choose_metrics
from optbench.problem.recordings import Recording, recordings_of
from optbench.random.cache import cache_arrays
from optbench.spec.decide_by import DecideBy
from optbench.spec.diagnostics import range_of
from optbench.spec.metrics import MetricRange
from optbench.spec.run import Budget, canonical, digest
from optbench.spec.run import ProblemConfig as ProblemConfig
from optbench.spec.targets import Target

# arguments for the parts of a problem besides their nodes
CONTEXT = {"dataset": ("data_dir", "memory_limit"), "model": ("inputs",)}


class BuiltProblem(NamedTuple):
    """The parts of a problem that are built once and shared by all optimizers."""

    dataset: Dataset
    data: DeviceData
    model: Model
    batch_size: int
    steps_per_epoch: int
    budget: Budget
    data_digest: str  # of the bytes of all splits, and of pretrained weights
    recordings: list[Recording]  # recorded for a run in addition to its metrics
    metrics: list[Metric]  # recorded besides the loss
    measures: dict[str, Measure]  # how they are computed, by metric name
    diagnoses: list[Diagnosis] = []  # noqa: RUF012 - read, never written; what is measured of steps

    @property
    def total_steps(self) -> int:
        """The number of training steps of a run."""
        return self.budget.total_steps(self.steps_per_epoch)

    @property
    def evaluation_steps(self) -> list[int]:
        """The steps after which a run is evaluated."""
        return self.budget.evaluation_steps(self.steps_per_epoch)


class BuiltProblems:
    """The built problems of one study. Each is built once; problems with the same data set share its arrays."""

    def __init__(self, data_dir: str | None = None) -> None:
        self.data_dir = data_dir  # folder of published data sets; None for the user's cache directory
        self.memory: float | None = None  # limit in bytes for data that is read from files; None for no limit
        self._built_problems: dict[str, BuiltProblem] = {}
        self._data: dict[str, tuple[Dataset, DeviceData, str]] = {}

    def get(self, config: ProblemConfig) -> BuiltProblem:
        """The built problem of a configuration.

        Raises:
            ConfigError: the parts do not fit together.
        """
        key = canonical(config.identity())
        if key not in self._built_problems:
            self._built_problems[key] = self._build(config)
        return self._built_problems[key]

    def dataset(self, config: ProblemConfig) -> Dataset:
        """The data set of a problem, without building the rest."""
        return self._dataset(config)[0]

    def _build(self, config: ProblemConfig) -> BuiltProblem:
        dataset, data, data_digest = self._dataset(config)
        model = make_model(config.model, dataset, config.precision, config.names["model"])
        model = model._replace(
            init=cache_arrays(model.init, key=str)
        )  # all settings with the same seed start from the same weights
        loss: Loss = fit_loss(make(config.loss), dataset, model)
        check_loss(config.names["loss"], loss, dataset, model, config.dtype)
        data_digest = digest(data_digest, model.identity) if model.identity else data_digest
        batch_size = resolve_batch_size(config.batch_size, dataset)
        steps_per_epoch = dataset.train.examples // batch_size
        data = keep_whole_batches(data, batch_size, dataset) if config.drop_last else data
        metrics = build_metrics(config.metrics, dataset)
        measures = check_metrics(metrics, data.evaluated["train"].y, dataset, model, loss)
        return BuiltProblem(
            dataset,
            data,
            model,
            batch_size,
            steps_per_epoch,
            config.budget,
            data_digest if config.metrics is None else digest(data_digest, units_of(dataset)),
            recordings=recordings_of(dataset, model, loss),
            metrics=metrics,
            measures=measures,
            diagnoses=build_diagnoses(config.diagnose, metrics),
        )

    def _dataset(self, config: ProblemConfig) -> tuple[Dataset, DeviceData, str]:
        key = canonical([config.dataset, config.dtype])
        if key not in self._data:
            dataset = make_dataset(config.dataset, data_dir=self.data_dir, memory_limit=self.memory)
            data = copy_to_device(dataset, config.dtype)
            self._data[key] = (share_device_memory(dataset, data), data, data_digest(dataset))
        dataset, data, digest_of_data = self._data[key]
        return (reconstruction(dataset) if make(config.loss).of_inputs else dataset), data, digest_of_data


def units_of(dataset: Dataset) -> list[Any]:
    """The units of the targets. Metrics depend on them, but the bytes of the splits do not."""
    return [None if part is None else part.tolist() for part in (dataset.target_offset, dataset.target_scale)]


def make_dataset(node: Node, **context: Any) -> Dataset:
    """Make a data set and check it. A user's function that fails or returns a wrong value raises a ConfigError."""
    target = str(node[TARGET])
    try:
        value = make(node, **context)
    except Exception as error:
        if isinstance(error, OptbenchError) or target.startswith("optbench."):
            raise
        raised = describe_raised(locate(target), error)
        raise ConfigError(
            f"`dataset._target_` must make a data set. Received: {raised}. Correct the function."
        ) from None
    return accept_dataset(value, target)


def make_model(node: Node, dataset: Dataset, precision: str, name: str) -> Model:
    """Make a model and check its type. A user's function that fails or returns a wrong value raises a ConfigError.

    Unnamed layers are numbered from zero, regardless of models built earlier in this process.
    """
    target = str(node[TARGET])
    try:
        with names_from_zero(), weights_that_fit(name):
            model = make(node, inputs=inputs_of(dataset, precision))
    except Exception as error:
        if isinstance(error, OptbenchError) or target.startswith("optbench."):
            raise
        raised = describe_raised(locate(target), error)
        raise ConfigError(f"`model._target_` must make a model. Received: {raised}. Correct the function.") from None
    if not isinstance(model, Model):
        raise ConfigError(
            f"`model={name}` must return an optbench Model. Received: {describe_returned(model)} from {target}. "
            f"For a keras.Model take model=keras model.build={target}."
        )
    return model


def resolve_batch_size(batch_size: int | str, dataset: Dataset) -> int:
    """The number of examples in a batch; ConfigError if the training split has fewer."""
    examples = dataset.train.examples
    size = examples if batch_size == "full" or dataset.is_empty else int(batch_size)
    if size > examples:
        raise ConfigError(
            f"`batch_size` must be at most the {examples} training examples of {dataset.name}. "
            f"Received: batch_size={size}. Take batch_size=full for all of them."
        )
    return size


def check_target(target: Target | None, config: ProblemConfig, built: BuiltProblem) -> None:
    """Raise ConfigError unless the problem records the metric of its target."""
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
    _, low, high = declared_ranges(built).get(target.metric, MetricRange("minimize"))
    for value in target.every:
        name = "values" if value in target.values else "value"
        if target.metric == "accuracy" and not 0 < value <= 1:
            raise ConfigError(f"`target.{name}` of an accuracy must be in (0, 1]. Received: target.{name}={value:g}.")
        if not low <= value <= high:
            raise ConfigError(
                f"`target.{name}` of {target.metric} must be in [{low:g}, {high:g}]. Received: target.{name}={value:g}."
            )


def check_decision(decide: DecideBy | None, config: ProblemConfig, built: BuiltProblem) -> None:
    """Raise ConfigError unless the problem records the metric by which settings are chosen and compared."""
    if decide is None:
        return
    dataset, recorded = built.dataset, [m for m in recorded_metrics(config, built) if m != OBJECTIVE]
    if decide.metric not in recorded:
        raise ConfigError(
            f"`decide_by` must name a metric that is recorded on {dataset.name}: {', '.join(recorded)}. "
            f"Received: decide_by={decide}. Add it to metrics, or take decide_by=null."
        )
    if decide.split_among(dataset.splits) not in dataset.splits:
        raise ConfigError(
            f"`decide_by` must name a split of {dataset.name}: {', '.join(dataset.splits)}. "
            f"Received: decide_by={decide}. Take valid, which stands for test where there is none."
        )


def recorded_metrics(config: ProblemConfig, built: BuiltProblem) -> list[str]:
    """The metrics that runs of a problem record."""
    penalized = make(config.regularizer).active or built.model.apply_with_penalty is not None
    regularized = ["regularized_loss"] if penalized else []
    return ["loss", *(metric.name for metric in built.metrics), *regularized]


def declared_ranges(built: BuiltProblem) -> dict[str, MetricRange]:
    """The direction and range of each metric recorded besides the loss, including diagnostics."""
    diagnosed = {name: range_of(name) for name in diagnostic_names(built.diagnoses, built.model.parameter_names)}
    return {metric.name: metric.range for metric in built.metrics} | diagnosed


def choose_parts(config: ProblemConfig, dataset: Dataset) -> ProblemConfig:
    """Return ``config`` with automatic parts replaced by those that suit the data set.

    Raises:
        ConfigError: no part suits the data set.
    """
    config = replace(config, metrics=choose_metrics(config.metrics, dataset)) if config.metrics is not None else config
    if not is_auto(config.loss):
        return config
    name, node = choose_loss(config.loss, dataset)
    return replace(config, loss=node, names={**config.names, "loss": name})


def check_problem_nodes(nodes: dict[str, Any], overrides: Collection[str] = ()) -> dict[str, Any]:
    """The nodes of a problem with their values cast; ConfigError if a value cannot be cast."""
    return {group: check(node, group, CONTEXT.get(group, ()), overrides) for group, node in nodes.items()}
