"""The accepted results of the learning gate: one small Parquet file, committed with the tests.

rule, problem, seed, step, metric, value      the numbers
metadata                                      the environment of each rule's numbers; date and reason of each acceptance
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

from optbench.errors import StoreError
from optbench.lab.gates.learning import MODE
from optbench.runtime import machine
from optbench.runtime.files import write_whole

SCHEMA = pa.schema(
    {
        "rule": pa.string(),
        "problem": pa.string(),
        "seed": pa.int32(),
        "step": pa.int32(),
        "metric": pa.string(),
        "value": pa.float64(),
    }
)
METADATA = b"optbench"
REPRODUCIBLE = ("tensorflow", "numpy", "machine", "mode")  # curves are reproducible if all of these are equal


@dataclass(frozen=True)
class LearningBaseline:
    """The accepted results."""

    numbers: pd.DataFrame
    environments: Mapping[str, Mapping[str, str]]  # by rule: the environment of its numbers
    accepted: tuple[Mapping[str, Any], ...]  # date, reason, rules of each acceptance, the oldest first

    def accept(self, values: pd.DataFrame, reason: str, date: str) -> "LearningBaseline":
        """A baseline in which ``values`` replace the numbers of the same rules."""
        rules = sorted(values["rule"].unique())
        others = self.numbers[~self.numbers["rule"].isin(rules)]
        environments = {**self.environments, **dict.fromkeys(rules, current_environment())}
        entry = {"date": date, "reason": reason, "rules": rules}
        return LearningBaseline(pd.concat([others, values], ignore_index=True), environments, (*self.accepted, entry))


EMPTY = LearningBaseline(SCHEMA.empty_table().to_pandas(), {}, ())


def current_environment() -> dict[str, str]:
    """Everything that the numbers of this process depend on, apart from the code."""
    return {"tensorflow": tf.__version__, "numpy": np.__version__, "machine": machine.device(), "mode": MODE}


def environment_differences(accepted: Mapping[str, str]) -> list[str]:
    """The differences between the environment of the accepted numbers and this one, in words."""
    now = current_environment()
    return [
        f"{name}: {accepted.get(name)} in the baseline, {now[name]} here"
        for name in REPRODUCIBLE
        if accepted.get(name) != now[name]
    ]


def read(path: Path) -> LearningBaseline:
    """The baseline in a file.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        table = pq.ParquetFile(path).read()
        about = json.loads(table.schema.metadata[METADATA])
        values = table.replace_schema_metadata().cast(SCHEMA).to_pandas()
        return LearningBaseline(values, about["made"], tuple(about["accepted"]))
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        why = " ".join(str(error).split())
        raise StoreError(f"{path} cannot be read as a baseline: {why}. Create it again with --accept.") from None


def write(path: Path, baseline: LearningBaseline) -> None:
    """Write a baseline, as a whole or not at all.

    Raises:
        StoreError: the file cannot be written.
    """
    ordered = baseline.numbers.sort_values(["problem", "metric", "step", "seed", "rule"], kind="stable")
    table = pa.Table.from_pandas(ordered[SCHEMA.names], schema=SCHEMA, preserve_index=False)
    about = json.dumps({"made": baseline.environments, "accepted": list(baseline.accepted)}, sort_keys=True)
    table = table.replace_schema_metadata({METADATA: about.encode()})
    packed = {"compression": "zstd", "use_dictionary": ["rule", "problem", "metric", "seed", "step"]}
    try:
        write_whole(path, lambda temporary: pq.write_table(table, temporary, **packed))
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}. Choose another file with --baseline.") from None
