"""Serialize shards for remote workers, and their rows for the way back: plain data both ways.

    shard ──pack_shard──> JSON ──> worker ──unpack_shard──> shard, rebuilt from the configuration
    rows  <──tables_of── Arrow <──────────bytes_of── rows

The worker computes a run's id from the configuration and its own sources. If the id differs from the one received, the
worker has different code than the sender, and rejects the shard.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pandas as pd
import pyarrow as pa

from optbench.config.sources import Sources
from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblems
from optbench.results.schemas import ARRAYS, CURVES, RUNS
from optbench.spec.job import SaveOptions
from optbench.spec.run import Budget, ProblemConfig, Run, Setting, Stopping, identify
from optbench.sweep.plan import Shard, program_of
from optbench.sweep.record import Tables


def pack_shard(shard: Shard, data_dir: str | None, save_options: SaveOptions) -> str:
    """A shard as JSON: configurations, seeds, ids, the folder of published data sets, and what else to write."""
    return json.dumps(
        {
            "problem": as_plain(shard.program.problem),
            "compile": shard.program.mode,
            "lanes": shard.program.lanes,
            "until": shard.until,
            "data_dir": data_dir,
            "keeping": save_options._asdict(),
            "hidden": shard.runs[0].environment_texts if shard.runs else {},
            "runs": [{"setting": as_plain(r.setting), "seed": r.seed, "run_id": r.run_id} for r in shard.runs],
        }
    )


def unpack_shard(parcel: str, built_problems: BuiltProblems, sources: Sources) -> tuple[Shard, SaveOptions]:
    """The shard packed by :func:`pack_shard`, and what to write in addition to its rows.

    Raises:
        ConfigError: the sources here differ from the sender's.
    """
    content = json.loads(parcel)
    built_problems.data_dir = content["data_dir"]
    problem = problem_of(content["problem"])
    data_digest = built_problems.get(problem).data_digest
    runs = [run_of(problem, entry, sources, data_digest) for entry in content["runs"]]
    plans = [program_of(run, built_problems, content["compile"]) for run in runs]
    program = replace(plans[0][0], lanes=content["lanes"])
    floats = [floats for _, floats in plans]
    return Shard(program, runs, floats, content["until"]), SaveOptions(**content["keeping"])


def hidden_in(parcel: str) -> dict[str, str]:
    """The values from the environment in a packed shard, which logs must not show, with their references."""
    found: dict[str, str] = json.loads(parcel).get("hidden", {})
    return found


def as_plain(config: ProblemConfig | Setting) -> dict[str, Any]:
    """Convert a part of a run's configuration to JSON types."""
    return {**asdict(config), "names": dict(config.names)}


def problem_of(plain: dict[str, Any]) -> ProblemConfig:
    """The inverse of :func:`as_plain` for a problem."""
    stopping = None if plain["stopping"] is None else Stopping(*plain["stopping"])
    return ProblemConfig(**{**plain, "budget": Budget(**plain["budget"]), "stopping": stopping})


def run_of(problem: ProblemConfig, entry: dict[str, Any], sources: Sources, data_digest: str) -> Run:
    """A run, identified by the code and the data on this machine."""
    (run,) = identify(problem, Setting(**entry["setting"]), [entry["seed"]], sources, data_digest)
    if run.run_id != entry["run_id"]:
        names = ", ".join([*problem.names.values(), *run.setting.names.values()])
        raise ConfigError(f"The worker has other code or data of {names} than this machine. Install the same there.")
    return run


def bytes_of(tables: Tables) -> list[bytes]:
    """The rows of a shard, table by table, as Arrow streams."""
    return [_stream(table, schema) for table, schema in zip(tables, (RUNS, CURVES, ARRAYS), strict=True)]


def tables_of(streams: Sequence[bytes]) -> Tables:
    """The inverse of :func:`bytes_of`."""
    return Tables(*(pa.ipc.open_stream(stream).read_all().to_pandas() for stream in streams))


def _stream(table: pd.DataFrame, schema: pa.Schema) -> bytes:
    rows = pa.Table.from_pandas(table.reindex(columns=schema.names), schema=schema, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())
