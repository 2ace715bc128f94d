"""The identity of a run: one problem, one setting, one seed.

    problem   dataset, model, loss, regularizer, batches, budget, evaluation, precision    -> problem_id
    setting   optimizer, schedule, wrappers                                                -> setting_id
    run       problem, setting, seed                                                       -> run_id

The ids hash what determines a run's numbers and nothing else: the nodes, the code that they name, the data and the
version of the engine. They do not depend on labels, on other paths or on the number of seeds. Two configurations that
would train identically have the same id.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

from optbench.config.build import targets
from optbench.config.environment_values import hidden_texts, hide
from optbench.config.parameters import TARGET, Node
from optbench.config.sources import Sources

ENGINE_VERSION = 3  # increase it when a change of problem/, training/ or random/ changes the numbers of runs

Order = Literal["reshuffle", "fixed"]
Precision = Literal["float32", "float64", "bfloat16"]
PROBLEM_GROUPS = ("dataset", "model", "loss", "regularizer")
SETTING_GROUPS = ("optimizer", "schedule")
NO_WRAPPER: Node = {TARGET: "optbench.wrappers.base.in_order", "wrappers": []}
NO_GROUPS: Node = {TARGET: "optbench.optimizers._groups.in_groups", "groups": []}


@dataclass(frozen=True)
class Budget:
    """How long a run trains and when it is evaluated."""

    epochs: int
    steps: int | None  # overrides epochs
    points: int  # maximum number of evaluation points, at least 2

    def total_steps(self, steps_per_epoch: int) -> int:
        """The number of training steps."""
        return self.steps if self.steps is not None else self.epochs * steps_per_epoch

    def evaluation_steps(self, steps_per_epoch: int) -> list[int]:
        """Step 0, the end of each epoch and the last step, thinned evenly to at most ``points`` steps."""
        total = self.total_steps(steps_per_epoch)
        last = -(-total // steps_per_epoch)  # index of the last step among these; there may be too many to list
        places: Sequence[int] = range(last + 1)
        if len(places) > self.points:
            places = [round(i * last / (self.points - 1)) for i in range(self.points)]
        return [min(place * steps_per_epoch, total) for place in places]


class Stopping(NamedTuple):
    """When a run stops before the end of its budget. It then returns to its best evaluation point."""

    patience: int  # evaluation points without improvement
    decide_by: str  # the metric and split, as in ``decide_by``


@dataclass(frozen=True)
class ProblemConfig:
    """The configuration of a problem: what is minimized, and for how long. It does not depend on the optimizer."""

    dataset: Node
    model: Node
    loss: Node
    regularizer: Node
    batch_size: int | Literal["full"]
    order: Order
    budget: Budget
    precision: Precision
    names: Mapping[str, str] = field(compare=False)  # the stem of the YAML file of each group; not part of the identity
    drop_last: bool = False  # whether metrics leave out the examples of each split that do not fill a batch
    metrics: Sequence[Any] | None = None  # nodes of the recorded metrics; ``auto`` for those that follow from
    #   the data set, until it is loaded; None for the default metrics of such problems
    stopping: Stopping | None = None  # None: every run uses its whole budget
    diagnose: Sequence[Node] | None = None  # nodes of the diagnostics; None for none

    @property
    def nodes(self) -> dict[str, Node]:
        """The configured parts by group."""
        return {group: getattr(self, group) for group in PROBLEM_GROUPS}

    @property
    def dtype(self) -> str:
        """The dtype of data, weights, gradients and losses. Only layers compute in ``bfloat16``."""
        return "float32" if self.precision == "bfloat16" else self.precision

    def identity(self) -> dict[str, Any]:
        """Everything that determines a run's numbers, as plain data.

        It includes metrics that differ from the default, and diagnostics, regardless of their order: a run without them
        cannot replace a run that recorded them.
        """
        recorded = {} if self.metrics is None else {"metrics": sorted(self.metrics, key=canonical)}
        diagnosed = {} if self.diagnose is None else {"diagnose": sorted(self.diagnose, key=canonical)}
        return {**self.training_identity(), **recorded, **diagnosed}

    def evaluation_identity(self) -> dict[str, Any]:
        """Everything that determines the metrics of given parameters, as plain data: not how they were trained."""
        recorded = {} if self.metrics is None else {"metrics": sorted(self.metrics, key=canonical)}
        return {**self.nodes, "precision": self.precision, **recorded}

    def training_identity(self) -> dict[str, Any]:
        """Everything that determines training, as plain data. It does not depend on the recorded metrics."""
        batches = {"batch_size": self.batch_size, "order": self.order, "drop_last": self.drop_last}
        stopping = {} if self.stopping is None else {"stopping": self.stopping._asdict()}
        return {**self.nodes, **batches, "precision": self.precision, "budget": asdict(self.budget), **stopping}


@dataclass(frozen=True)
class Setting:
    """An optimizer with its schedule, its wrappers, its parameter groups and every hyperparameter."""

    optimizer: Node
    schedule: Node
    names: Mapping[str, str] = field(compare=False)
    wrapper: Node = field(default_factory=lambda: NO_WRAPPER)  # a list of wrappers, in order
    groups: Node = field(default_factory=lambda: NO_GROUPS)  # parameter groups, in order

    @property
    def nodes(self) -> dict[str, Node]:
        """The configured parts by name; parameter groups only if there are any."""
        groups = {"groups": self.groups} if self.groups["groups"] else {}
        return {**{group: getattr(self, group) for group in SETTING_GROUPS}, "wrapper": self.wrapper, **groups}


@dataclass(frozen=True)
class Run:
    """One problem, one setting, one seed, with their ids."""

    problem: ProblemConfig
    setting: Setting
    seed: int
    problem_id: str
    setting_id: str
    run_id: str
    code: str  # digest of the code that the configuration names
    problem_code: str  # digest of the code that the configuration of the problem names
    identified: bool = True  # whether all of that code has a digest; if not, results are not reused

    def config(self) -> dict[str, Any]:
        """The run's configuration as plain data, from which tables read hyperparameters.

        References stand in place of values from the environment.
        """
        found: dict[str, Any] = hide({**self.problem.identity(), **self.setting.nodes, "seed": self.seed})
        return found

    @property
    def environment_texts(self) -> dict[str, str]:
        """The strings in the run's configuration that came from the environment, with their references."""
        return hidden_texts({**self.problem.identity(), **self.setting.nodes})


def identify(
    problem: ProblemConfig, setting: Setting, seeds: Sequence[int], sources: Sources, data_digest: str
) -> list[Run]:
    """The runs of one job, one per seed.

    Args:
        problem: of the job.
        setting: of the job.
        seeds: one for each run.
        sources: of the study.
        data_digest: hash of the bytes of all splits of the problem's data set.
    """
    identity = problem.identity()
    recorded = {f"{kind}.{i}": n for kind in ("metrics", "diagnose") for i, n in enumerate(identity.get(kind, []))}
    problem_code, setting_code = _digests({**problem.nodes, **recorded}, sources), _digests(setting.nodes, sources)
    problem_id = digest(problem.identity(), problem_code, data_digest)
    setting_id = digest(setting.nodes, setting_code)
    code = digest(problem_code, setting_code)
    identified = all(found is not None for of_group in (problem_code, setting_code) for found in of_group.values())
    ids = {seed: digest(problem_id, setting_id, seed, ENGINE_VERSION) for seed in seeds}
    codes = (code, digest(problem_code), identified)
    return [Run(problem, setting, seed, problem_id, setting_id, ids[seed], *codes) for seed in seeds]


def from_config(config: Mapping[str, Any], names: Mapping[str, str]) -> tuple[ProblemConfig, Setting]:
    """The problem and the setting of a configuration returned by :meth:`Run.config`.

    Args:
        config: the stored configuration.
        names: the stem of the YAML file of each group.
    """
    parts = (*SETTING_GROUPS, "wrapper", "groups")
    problem = {key: value for key, value in config.items() if key not in (*parts, "budget", "seed", "stopping")}
    problem["stopping"] = Stopping(**config["stopping"]) if "stopping" in config else None
    setting = {group: config[group] for group in parts if group in config}  # old results have no wrapper
    return ProblemConfig(**problem, budget=Budget(**config["budget"]), names=names), Setting(**setting, names=names)


def digest(*parts: object) -> str:
    """A short stable hash of plain data."""
    return hashlib.sha256(canonical(parts).encode()).hexdigest()[:16]


def canonical(data: object) -> str:
    """Plain data as a canonical text, which is equal for equal data."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def _digests(nodes: Mapping[str, Node], sources: Sources) -> dict[str, str | None]:
    """The digest of the code of each group; None if any part of it cannot be identified."""
    found = {group: [sources.digest(target) for target in targets(node)] for group, node in nodes.items()}
    return {group: None if None in codes else digest(*codes) for group, codes in found.items()}
