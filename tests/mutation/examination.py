"""Which modules are mutated, and how a mutant is classed.

caught        the gate reports a regression, on a machine that is not the baseline's
fails         the mutant raises an error, which the gate reports too
equivalent    all numbers equal those of the unchanged code, bit by bit: what it changes is not used
missed        neither
"""

import importlib
import inspect
import logging
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd

from optbench.config.build import locate
from optbench.config.items import item_names, read_item
from optbench.config.parameters import TARGET
from optbench.lab.gates import learning_baseline
from optbench.lab.gates.exact import compare_exactly, match_numbers
from optbench.lab.gates.findings import Outcome
from optbench.lab.gates.learning import takes_any_gradients, train_rules
from optbench.lab.gates.problems import GateStudy, fixed_study
from optbench.lab.gates.trajectory_numbers import trajectory_numbers
from optbench.lab.parts import LEFT_OUT, SCHEDULE, WRAPPER
from optbench.lab.rules import known_rules, rule_node
from tests.conftest import ROOT
from tests.mutation.changes import Mutant
from tests.mutation.planting import planted

BASELINE = ROOT / "tests" / "baselines" / "learning.parquet"
SHARED = {  # modules that many rules use, and the rules with which they are examined
    "optbench.optimizers.base": ("adam", "lamb", "wrapper/clip_by_global_norm"),
    "optbench.schedules._shapes": ("schedule/cosine", "schedule/warmup_cosine", "schedule/step"),
}
TRAINING = {  # modules of the training step
    "optbench.training.population": ("adam", "wrapper/ema", "wrapper/sam"),
    "optbench.training.loop": ("adam", "wrapper/ema"),
    "optbench.training.batches": ("adam",),
}
ENDLESS = {"i + 1: Sub", "self._step < step: GtE"}  # changes after which a loop never ends, which nobody overlooks
SEEDS = 2  # of the problems, which are trained where trajectories do not show a mutant


class Subject:
    """A module that is mutated, and the rules with which its mutants are examined."""

    def __init__(self, name: str, module: types.ModuleType, rules: tuple[str, ...], trains: bool = False) -> None:
        self.name, self.module, self.rules = name, module, rules
        self.trains = trains  # whether only training shows a mutant

    @property
    def source(self) -> str:
        """The source of the module."""
        return inspect.getsource(self.module)

    @cached_property
    def own(self) -> pd.DataFrame:
        """The numbers of the unchanged code along trajectories."""
        return along_trajectories(self)

    @cached_property
    def own_trained(self) -> pd.DataFrame:
        """The numbers of the unchanged code on the problems."""
        return on_problems(self)


def subjects() -> Iterator[Subject]:
    """Every module that is mutated."""
    for rule in known_rules():
        yield Subject(rule, module_of(rule_node(rule)[TARGET]), (rule,))
    for group in (WRAPPER, SCHEDULE):
        for name in item_names(group):
            if name not in LEFT_OUT[group]:
                item = read_item(group, name)
                target = item[name][TARGET] if group == WRAPPER else item[TARGET]
                yield Subject(f"{group}/{name}", module_of(target), (f"{group}/{name}",))
    for name, rules in SHARED.items():
        yield Subject(name, importlib.import_module(name), rules)
    for name, rules in TRAINING.items():
        yield Subject(name, importlib.import_module(name), rules, trains=True)


def module_of(target: str) -> types.ModuleType:
    """The module in which a target stands."""
    locate(target)
    return importlib.import_module(target.rpartition(".")[0])


def study() -> GateStudy:
    """The gate's study with few seeds."""
    return replace(fixed_study(), seeds=SEEDS)


def along_trajectories(subject: Subject) -> pd.DataFrame:
    """The numbers of a subject's rules along trajectories."""
    nodes = {rule: rule_node(rule) for rule in subject.rules}
    return pd.concat([trajectory_numbers(rule, node) for rule, node in nodes.items() if takes_any_gradients(node)])


def on_problems(subject: Subject) -> pd.DataFrame:
    """The numbers of a subject's rules on the problems of the gate; RuntimeError if a rule cannot be trained."""
    result = train_rules({rule: rule_node(rule) for rule in subject.rules}, study(), workers=1)
    if result.failed:
        raise RuntimeError(next(iter(result.failed.values())))
    return result.numbers[~result.numbers["problem"].str.startswith("gradients: ")]


def examine(subject: Subject, mutant: Mutant, accepted: pd.DataFrame) -> str:
    """How a mutant of a subject is classed, against the accepted numbers of the gate's baseline."""
    early, same = study().early, True
    stages: list[tuple[Callable[[Subject], pd.DataFrame], pd.DataFrame]] = []
    if not subject.trains and takes_any_gradients(rule_node(subject.rules[0])):
        stages.append((along_trajectories, subject.own))
    stages.append((on_problems, subject.own_trained))
    for compute, own in stages:
        try:
            with planted(subject.module, mutant), quiet():
                numbers = compute(subject)
        except Exception:
            return "fails"
        if any(finding.outcome is Outcome.WORSE for finding in compare_exactly(accepted, numbers, early)):
            return "caught"
        matched = match_numbers(own, numbers)
        same = same and len(matched) == len(own) and bool((matched["off"] == 0).all())
    return "equivalent" if same else "missed"


class quiet:
    """Without warnings of NumPy and without the tracebacks of rules that fail."""

    def __enter__(self) -> None:
        self._before = np.seterr(all="ignore")
        logging.disable(logging.CRITICAL)
        warnings.simplefilter("ignore")

    def __exit__(self, *error: object) -> None:
        np.seterr(**self._before)
        logging.disable(logging.NOTSET)


def accepted_numbers() -> pd.DataFrame:
    """The numbers of the baseline that the gate compares with."""
    return learning_baseline.read(BASELINE).numbers
