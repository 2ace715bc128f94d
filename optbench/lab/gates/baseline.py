"""The accepted numbers of the learning gate: one small Parquet file, committed beside the tests.

rule, problem, seed, step, metric, value      the numbers
metadata                                      for each rule where they were made; each change that was accepted
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
from optbench.lab.gates.learned import MODE
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
REPRODUCIBLE = ("tensorflow", "numpy", "machine", "mode")  # what must be the same for curves to be the same


@dataclass(frozen=True)
class Baseline:
    """What was accepted."""

    numbers: pd.DataFrame
    made: Mapping[str, Mapping[str, str]]  # by rule: where its numbers were made, as :func:`here` says it
    accepted: tuple[Mapping[str, Any], ...]  # date, reason, rules of each acceptance, the oldest first

    def accepting(self, values: pd.DataFrame, reason: str, date: str) -> "Baseline":
        """This one with ``values`` in place of what it held of the same rules."""
        rules = sorted(values["rule"].unique())
        kept = self.numbers[~self.numbers["rule"].isin(rules)]
        made = {**self.made, **dict.fromkeys(rules, here())}
        entry = {"date": date, "reason": reason, "rules": rules}
        return Baseline(pd.concat([kept, values], ignore_index=True), made, (*self.accepted, entry))


EMPTY = Baseline(SCHEMA.empty_table().to_pandas(), {}, ())


def here() -> dict[str, str]:
    """What the numbers of this process depend on beside the code."""
    return {"tensorflow": tf.__version__, "numpy": np.__version__, "machine": machine.device(), "mode": MODE}


def differences(made: Mapping[str, str]) -> list[str]:
    """What is not here as it was where numbers were made, in words."""
    now = here()
    return [f"{name} {made.get(name)} there, {now[name]} here" for name in REPRODUCIBLE if made.get(name) != now[name]]


def read(path: Path) -> Baseline:
    """The baseline in a file.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        table = pq.ParquetFile(path).read()
        about = json.loads(table.schema.metadata[METADATA])
        values = table.replace_schema_metadata().cast(SCHEMA).to_pandas()
        return Baseline(values, about["made"], tuple(about["accepted"]))
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        why = " ".join(str(error).split())
        raise StoreError(f"{path} cannot be read as a baseline: {why}. Make it anew with --accept.") from None


def write(path: Path, baseline: Baseline) -> None:
    """Write a baseline, whole or not at all.

    Raises:
        StoreError: the place cannot be written to.
    """
    ordered = baseline.numbers.sort_values(["problem", "metric", "step", "seed", "rule"], kind="stable")
    table = pa.Table.from_pandas(ordered[SCHEMA.names], schema=SCHEMA, preserve_index=False)
    about = json.dumps({"made": baseline.made, "accepted": list(baseline.accepted)}, sort_keys=True)
    table = table.replace_schema_metadata({METADATA: about.encode()})
    packed = {"compression": "zstd", "use_dictionary": ["rule", "problem", "metric", "seed", "step"]}
    try:
        write_whole(path, lambda temporary: pq.write_table(table, temporary, **packed))
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}. Choose another with --baseline.") from None
