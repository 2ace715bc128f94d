"""The fixed small study of the learning gate, read from ``study.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from optbench.config.items import read_item
from optbench.problem.built import check_problem_nodes
from optbench.spec.run import PROBLEM_GROUPS, Budget, ProblemConfig

FILE = Path(__file__).with_name("study.yaml")


@dataclass(frozen=True)
class NamedStepsBudget(Budget):
    """A budget with evaluation points at given steps."""

    at: tuple[int, ...] = ()

    def evaluation_steps(self, steps_per_epoch: int) -> list[int]:
        """Step 0, the given steps, and the last step."""
        total = self.total_steps(steps_per_epoch)
        return sorted({0, *(step for step in self.at if step < total), total})


class FinalMetric(NamedTuple):
    """A metric at the end of a run, which is compared seed by seed."""

    split: str
    metric: str
    margin: float  # of a loss, on its natural logarithm; of an accuracy, absolute
    floor: float  # smaller losses count as this


class FinalTarget(NamedTuple):
    """A value that a run reaches or misses at its end."""

    split: str
    metric: str
    value: float


@dataclass(frozen=True)
class GateProblem:
    """A problem of the study, with the metrics that are compared at the end of its runs."""

    name: str
    config: ProblemConfig
    finals: tuple[FinalMetric, ...]
    target: FinalTarget


@dataclass(frozen=True)
class GateStudy:
    """The problems and seeds of the learning gate."""

    problems: tuple[GateProblem, ...]
    seeds: int  # 0 .. seeds - 1
    early: tuple[int, ...]  # steps at which losses are compared one by one


def fixed_study() -> GateStudy:
    """The study of ``study.yaml``."""
    content = yaml.safe_load(FILE.read_text(encoding="utf8"))
    early = tuple(content["early"])
    problems = tuple(make_problem(name, entry, early) for name, entry in content["problems"].items())
    return GateStudy(problems, content["seeds"], early)


def make_problem(name: str, entry: Mapping[str, Any], early: tuple[int, ...]) -> GateProblem:
    """One problem: the items that the entry names, with the entry's values."""
    names = {**entry["choices"], "regularizer": "none"}
    nodes = {group: {**read_item(group, names[group]), **entry["values"].get(group, {})} for group in PROBLEM_GROUPS}
    config = ProblemConfig(
        **check_problem_nodes(nodes),
        batch_size=entry["batch_size"],
        order="reshuffle",
        budget=NamedStepsBudget(epochs=0, steps=entry["steps"], points=2, at=early),
        precision="float32",
        names=names,
    )
    finals = tuple(FinalMetric(**final) for final in entry["final"])
    return GateProblem(name, config, finals, FinalTarget(**entry["target"]))
