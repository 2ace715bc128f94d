"""The specification of a job: one configuration, checked. All fields but the problem have defaults.

    JobConfig    a configuration as Hydra composed it: plain data, unchecked
    JobSpec      the same, checked and typed; the input of study planning

Python code constructs a :class:`JobSpec` directly. The command line reads it from a :class:`JobConfig` with
:func:`optbench.study.read_job.read_job`. A test asserts that the defaults are those of ``conf/config.yaml``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args

from optbench.config.parameters import TARGET, AtLeastOne, Node, Positive, Range
from optbench.runtime import machine
from optbench.spec.decide_by import DEFAULT_DECISION, DecideBy
from optbench.spec.published import Published
from optbench.spec.run import Order, Precision, ProblemConfig, Setting
from optbench.spec.targets import Target
from optbench.spec.tuning import Tuning

Keep = Literal["best", "last", "all"]
ReportFormat = Literal["html", "md", "csv", "tex"]
REPORT_FORMATS: tuple[ReportFormat, ...] = get_args(ReportFormat)
ReferenceName = Literal["gaussian", "optimum"]


class JobConfig(NamedTuple):
    """One configuration, as composed by Hydra."""

    overrides: Sequence[str]  # as on the command line
    config: Mapping[str, Any]  # plain data, resolved
    choices: Mapping[str, str]  # the stem of the YAML file of each group

    @property
    def overridden(self) -> set[str]:
        """The dotted names that the overrides set."""
        return {override.lstrip("+~").partition("=")[0] for override in self.overrides}


class StudyOptions(NamedTuple):
    """Options that all jobs of a study share."""

    name: str
    workers: Annotated[int | None, AtLeastOne] = None
    memory: Annotated[float | None, Positive] = None  # GiB
    dry_run: bool = False
    timing: bool = True
    force: bool = False
    time_limit: Annotated[float | None, Positive] = None  # seconds after which training stops; None for no limit
    redraw: bool = False
    results_dir: str = "results"
    reports_dir: str = "reports"
    data_dir: str | None = None
    compile: Literal["auto", "xla", "graph", "eager"] = "auto"
    compile_cache: bool = True

    @property
    def memory_bytes(self) -> float:
        """Maximum number of bytes for data and shards."""
        return self.memory * 2**30 if self.memory else machine.free_training_memory() / 2


class ProblemOptions(NamedTuple):
    """Length of training, batch size and precision."""

    epochs: Annotated[int, AtLeastOne]
    steps: Annotated[int | None, AtLeastOne]
    batch_size: Annotated[int | Literal["full"], AtLeastOne]
    precision: Precision
    patience: Annotated[int | None, AtLeastOne] = None  # evaluation points without improvement; None: never stop


class BatchOptions(NamedTuple):
    """Order of the batches."""

    order: Order


class EvalOptions(NamedTuple):
    """The number of evaluation points, and the examples on which metrics are computed."""

    points: Annotated[int, Range(2)]
    drop_last: bool


class ReportOptions(NamedTuple):
    """The baseline, formats and parts of the report, and whether a page is updated while the study runs."""

    baseline: str | None = None
    format: list[ReportFormat] = ["html"]  # noqa: RUF012 - read, never written
    parts: list[str] = []  # noqa: RUF012 - likewise; see optbench.report.own_parts
    live: bool | Literal["auto"] = "auto"  # auto: if somebody watches the study in a terminal


class CheckpointOptions(NamedTuple):
    """Which checkpoints are written."""

    every: Annotated[int | None, AtLeastOne] = None  # epochs; None for no checkpoints
    keep: Keep = "last"


class WeightOptions(NamedTuple):
    """Whether final weights are written."""

    save: bool = False


class ReferenceOptions(NamedTuple):
    """The key ``reference``."""

    reference: list[ReferenceName]


class SaveOptions(NamedTuple):
    """The files that are written for a run in addition to its rows, and their folder."""

    results: str = ""  # the results folder, absolute
    every: int | None = None  # epochs between checkpoints; None for no checkpoints
    keep: Keep = "last"  # which of them
    weights: bool = False

    @property
    def alone(self) -> bool:
        """Whether runs must be trained one at a time, because a checkpoint contains a single run."""
        return self.every is not None


@dataclass(frozen=True)
class JobSpec:
    """One job: a problem and a setting, trained with ``seeds`` seeds, after ``trials`` trials if it is tuned."""

    problem: ProblemConfig
    setting: Setting
    study: StudyOptions
    seeds: Sequence[int] = field(default_factory=lambda: list(range(8)))
    report: ReportOptions = field(default_factory=ReportOptions)
    published: Sequence[Published] = ()
    target: Target | None = None
    decide_by: DecideBy | None = None  # the metric by which settings are chosen and compared; None for valid.loss
    checkpoint: CheckpointOptions = field(default_factory=CheckpointOptions)
    weights: WeightOptions = field(default_factory=WeightOptions)
    executor: Node = field(default_factory=lambda: {TARGET: "optbench.sweep.threads.threads"})
    tune: Node = field(default_factory=lambda: {TARGET: "optbench.study.tuning.none"})
    tune_name: str = "none"  # the stem of the YAML file
    tuning: Tuning | None = None  # the object that ``tune`` builds
    trials: Sequence[Setting] = ()  # the settings to try before one is chosen; empty without tuning
    references: Sequence[ReferenceName] = ()  # computed in addition to the runs; not part of their identity
    overrides: Sequence[str] = ()  # overrides of the command line for the job
    label: str | None = None  # the name under which its optimizer is compared, if Python code gives one

    @property
    def decision(self) -> DecideBy:
        """The metric by which settings are compared."""
        return self.decide_by or DEFAULT_DECISION

    @property
    def trains_on_threads(self) -> bool:
        """Whether shards are trained on threads of one process, which share its cores."""
        return str(self.executor[TARGET]).endswith(".threads")

    @property
    def save_options(self) -> SaveOptions:
        """The files that are written for the job's runs in addition to their rows."""
        every, keep = self.checkpoint
        return SaveOptions(str(Path(self.study.results_dir).absolute()), every, keep, self.weights.save)
