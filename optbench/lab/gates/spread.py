"""How far the numbers of a rule differ between environments: threads, compilers, instruction sets, versions of Python.

    rules ──a process for each environment──> numbers ──largest relative difference──> spread of each number

What one machine can vary stands for the machines that are not at hand: XLA is limited to older instruction sets, and
oneDNN is switched off.
"""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from optbench.config.parameters import Node
from optbench.errors import ConfigError
from optbench.lab.gates.exact import match_numbers
from optbench.lab.gates.trajectory_numbers import KEYS
from optbench.lab.worker_process import AnswerError, WorkerProcess

WORKER = Path(__file__).with_name("learning_worker.py")  # not imported: it is for processes of their own
SEEDS = 2  # of the problems: the spread of a step is the largest over them
PACKAGE = Path(__file__).resolve().parents[3]


class Environment(NamedTuple):
    """Surroundings in which numbers are computed."""

    name: str
    variables: Mapping[str, str]
    xla: bool = False
    python: str = sys.executable


ENVIRONMENTS = (
    Environment("graph mode", {}),
    Environment(
        "one thread, without oneDNN",
        {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_ENABLE_ONEDNN_OPTS": "0"},
    ),
    Environment("XLA", {}, xla=True),
    Environment("XLA for SSE 4.2", {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2"}, xla=True),
    Environment("XLA for AVX2", {"XLA_FLAGS": "--xla_cpu_max_isa=AVX2"}, xla=True),
)


class SourceNumbers(NamedTuple):
    """Numbers that another process computed, and the rules that it could not train."""

    numbers: pd.DataFrame
    failed: Mapping[str, str]


def numbers_of(
    environment: Environment, rules: Mapping[str, Node], seeds: int | None, workers: int, tree: Path | None = None
) -> SourceNumbers:
    """The numbers of rules in another process.

    Args:
        environment: of the process.
        rules: nodes by name.
        seeds: how many runs on each problem; None for the study's own number.
        workers: how many shards run at once.
        tree: a folder that is searched first for modules; None for this version of optbench.

    Raises:
        ConfigError: the version of optbench in the tree cannot be asked.
        WorkerError: the process cannot be started or ended early.
    """
    path = os.pathsep.join(
        [*([str(tree), str(tree / "src")] if tree else []), str(PACKAGE), os.environ.get("PYTHONPATH", "")]
    )
    variables = {**os.environ, **environment.variables, "PYTHONPATH": path.rstrip(os.pathsep)}
    with (
        tempfile.TemporaryDirectory() as folder,
        WorkerProcess(environment.python, str(WORKER), ["-P"], tree, variables) as worker,
    ):
        out = Path(folder) / "numbers.csv"
        question = {"rules": dict(rules), "seeds": seeds, "workers": workers, "xla": environment.xla, "out": str(out)}
        try:
            answer = worker.ask(do="numbers", **question)
        except AnswerError as error:
            raise ConfigError(
                f"The learning gate could not be run {f'in {tree}' if tree else environment.name}: {error}. Use a "
                "newer base, or a baseline."
            ) from None
        return SourceNumbers(pd.read_csv(out), answer["failed"])


def measure_spread(rules: Mapping[str, Node], workers: int, pythons: Sequence[str] = ()) -> pd.DataFrame:
    """The spread of each number of rules over the environments of this machine.

    Args:
        rules: checked nodes by name.
        workers: how many shards run at once.
        pythons: paths of further Pythons with the same packages.

    Returns:
        ``rule, problem, seed, step, metric, spread``; of problems with the seeds 0 and 1 only.
    """
    environments = [*ENVIRONMENTS, *(Environment(python, {}, python=python) for python in pythons)]
    found = [numbers_of(environment, rules, SEEDS, workers).numbers for environment in environments]
    return spread_between(found)


def spread_between(found: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The largest relative difference between the first numbers and each of the others: KEYS and ``spread``."""
    first, *others = found
    differences = [match_numbers(first, other).set_index(KEYS)["off"] for other in others]
    if not differences:
        return first[KEYS].assign(spread=0.0)
    return pd.concat(differences, axis=1).max(axis=1).rename("spread").reset_index()


def with_spread(numbers: pd.DataFrame, spread: pd.DataFrame) -> pd.DataFrame:
    """Numbers with the spread of each; a seed that was not measured has the largest of those that were."""
    per_step = spread.groupby([key for key in KEYS if key != "seed"], sort=False)["spread"].max()
    own = numbers[KEYS].merge(spread, on=KEYS, how="left")["spread"].to_numpy(float)
    keys = pd.MultiIndex.from_frame(numbers[list(per_step.index.names)])
    of_step = per_step.reindex(keys).to_numpy(float)
    return numbers.assign(spread=np.where(np.isnan(own), of_step, own))


def larger_spread(numbers: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """Numbers whose spread is at least the one that was accepted before, perhaps on another machine."""
    before = numbers[KEYS].merge(earlier[[*KEYS, "spread"]], on=KEYS, how="left")["spread"].to_numpy(float)
    return numbers.assign(spread=np.fmax(numbers["spread"].to_numpy(float), before))
