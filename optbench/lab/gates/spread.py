"""The spread of a rule's numbers over environments: threads, compilers, instruction sets, versions of Python.

    rules ──one process per environment──> numbers ──largest relative difference──> spread of each number

Variations on one machine represent other machines: XLA is limited to older instruction sets, and oneDNN is switched
off.
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

WORKER = Path(__file__).with_name("learning_worker.py")  # not imported here: runs in separate processes
SEEDS = 2  # of the problems: the spread of a step is the largest over these seeds
PACKAGE = Path(__file__).resolve().parents[3]


class Environment(NamedTuple):
    """An environment in which numbers are computed."""

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
    """Numbers computed in another process, and the rules that could not be trained there."""

    numbers: pd.DataFrame
    failed: Mapping[str, str]


def numbers_of(
    environment: Environment, rules: Mapping[str, Node], seeds: int | None, workers: int, tree: Path | None = None
) -> SourceNumbers:
    """The numbers of rules, computed in another process.

    Args:
        environment: the environment of the process.
        rules: nodes by name.
        seeds: the number of runs on each problem; None for the study's own number.
        workers: the number of concurrent shards.
        tree: a folder that is searched first for modules; None for this version of optbench.

    Raises:
        ConfigError: the tree's version of optbench cannot compute the numbers.
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
        workers: the number of concurrent shards.
        pythons: paths of additional Pythons with the same packages.

    Returns:
        ``rule, problem, seed, step, metric, spread``; for problems, only with the seeds 0 and 1.
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
    """Add the spread of each number. Seeds that were not measured have the largest measured spread."""
    per_step = spread.groupby([key for key in KEYS if key != "seed"], sort=False)["spread"].max()
    own = numbers[KEYS].merge(spread, on=KEYS, how="left")["spread"].to_numpy(float)
    keys = pd.MultiIndex.from_frame(numbers[list(per_step.index.names)])
    of_step = per_step.reindex(keys).to_numpy(float)
    return numbers.assign(spread=np.where(np.isnan(own), of_step, own))


def larger_spread(numbers: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """Numbers whose spread is at least the one accepted earlier, perhaps on another machine."""
    before = numbers[KEYS].merge(earlier[[*KEYS, "spread"]], on=KEYS, how="left")["spread"].to_numpy(float)
    return numbers.assign(spread=np.fmax(numbers["spread"].to_numpy(float), before))
