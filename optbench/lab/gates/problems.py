"""The fixed small study of the learning gate, as ``study.yaml`` beside this file has it."""

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
class Points(Budget):
    """A budget that is looked at after the steps that it names."""

    at: tuple[int, ...] = ()

    def evaluation_steps(self, steps_per_epoch: int) -> list[int]:
        """Step 0, the named steps, the last step."""
        total = self.total_steps(steps_per_epoch)
        return sorted({0, *(step for step in self.at if step < total), total})


class Final(NamedTuple):
    """What is compared of a run's end, seed by seed."""

    split: str
    metric: str
    margin: float  # of a loss on the natural logarithm, of an accuracy as it is
    floor: float  # losses below it count as it


class Target(NamedTuple):
    """A value that a run reaches or misses at its end."""

    split: str
    metric: str
    value: float


@dataclass(frozen=True)
class Gated:
    """A problem of the study, and how its ends are compared."""

    name: str
    config: ProblemConfig
    finals: tuple[Final, ...]
    target: Target


@dataclass(frozen=True)
class Study:
    """Problems and seeds."""

    problems: tuple[Gated, ...]
    seeds: int  # 0 .. seeds - 1
    early: tuple[int, ...]  # steps at which losses are compared one by one


def fixed_study() -> Study:
    """The study of ``study.yaml``."""
    told = yaml.safe_load(FILE.read_text(encoding="utf8"))
    early = tuple(told["early"])
    return Study(tuple(gated(name, of, early) for name, of in told["problems"].items()), told["seeds"], early)


def gated(name: str, told: Mapping[str, Any], early: tuple[int, ...]) -> Gated:
    """One problem: the yamls that it names, with its own values in place of theirs."""
    names = {**told["choices"], "regularizer": "none"}
    nodes = {group: {**read_item(group, names[group]), **told["values"].get(group, {})} for group in PROBLEM_GROUPS}
    config = ProblemConfig(
        **check_problem_nodes(nodes),
        batch_size=told["batch_size"],
        order="reshuffle",
        budget=Points(epochs=0, steps=told["steps"], points=2, at=early),
        precision="float32",
        names=names,
    )
    return Gated(name, config, tuple(Final(**final) for final in told["final"]), Target(**told["target"]))
