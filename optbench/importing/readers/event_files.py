"""Read TensorBoard event files, without TensorFlow. Each folder with event files is a run.

    logs/adam/seed=0/events.out.tfevents.*        the run adam/seed=0

The optimizer, the seed and hyperparameters come from HParams if they were written, otherwise from ``name=value`` in
folder names, or from the folder names themselves. The package ``tensorboard`` provides the event format.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optbench.importing.names import SPLITS, normalize
from optbench.importing.readers.run_names import RunNames, describe_names
from optbench.importing.tables import PlainTable, Source, refuse

PATTERN = "*tfevents*"
SPLIT_FOLDERS = {name: split for name, split in SPLITS.items() if name != "fit"}
KINDS = {1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 6: "i1", 9: "<i8", 19: "<f2"}  # TensorFlow's type numbers
VALUE_FIELDS = {1: "float_val", 2: "double_val", 3: "int_val", 4: "int_val", 6: "int_val", 9: "int64_val"}
IGNORED = ("_hparams_/", "hp_metric")


def read_event_files(path: Path) -> PlainTable:
    """Read the scalars of all event files in a folder.

    Args:
        path: the folder, or one event file.

    Raises:
        ConfigError: there are none, or the package ``tensorboard`` is not installed.
    """
    files = [path] if path.is_file() else sorted(file for file in path.rglob(PATTERN) if file.is_file())
    if not files:
        raise refuse(f"There is no event file (*tfevents*) in {path}.")
    root = path.parent if path.is_file() else path
    rows: list[dict[str, Any]] = []
    names, broken = RunNames(), 0
    for file in files:
        folder = file.parent.relative_to(root)
        words = list(folder.parts)
        split = SPLIT_FOLDERS.get(normalize(words[-1]), "") if words else ""
        run = "/".join(words[:-1] if split else words) or root.resolve().name
        scalars, hyperparameters, whole = read_events(file)
        broken += not whole
        names.add(run, hyperparameters)
        rows += [{"run": run, "split": split, **scalar} for scalar in scalars]
    if not rows:
        raise refuse(f"The event files in {path} have no scalars.")
    frame = pd.DataFrame(rows)
    frame = frame.assign(metric=frame["metric"].where(frame["split"] == "", frame["metric"].map(last_part)))
    columns, notes = describe_names(names)
    frame = frame.join(columns, on="run").drop(columns=["split"] if (frame["split"] == "").all() else [])
    if broken:
        notes.append(f"{broken} event files end in the middle of an event: what was whole is read")
    return PlainTable(frame, Source("tensorboard", root.resolve().name), tuple(notes), first_row=1)


def last_part(tag: str) -> str:
    """The metric of a Keras tag: Keras writes ``epoch_loss`` to folders named after splits."""
    return tag.rpartition("/")[2].removeprefix("epoch_").removeprefix("evaluation_").removesuffix("_vs_iterations")


def read_events(file: Path) -> tuple[list[dict[str, Any]], dict[str, Any], bool]:
    """Return the scalars of a file, the hyperparameters of its HParams, and whether it is complete."""
    try:
        from tensorboard.compat.proto import event_pb2
    except ImportError:
        raise refuse(
            "Reading event files needs the package tensorboard. Install it with pip install optbench[tensorboard]."
        ) from None
    scalars: list[dict[str, Any]] = []
    hyperparameters: dict[str, Any] = {}
    whole = False
    for record in records(file):
        whole = record is not None
        if record is None:
            break
        try:
            event = event_pb2.Event.FromString(record)
        except Exception:  # protobuf's errors have no common type
            raise refuse(f"{file.name} is not an event file of TensorBoard.") from None
        for value in event.summary.value:
            if value.tag.startswith(IGNORED):
                hyperparameters |= read_hyperparameters(value)
                continue
            number = scalar_of(value)
            if number is not None:
                scalars.append(
                    {"step": event.step, "metric": value.tag, "value": number, "wall_s": float(event.wall_time)}
                )
    return scalars, hyperparameters, whole


def records(file: Path) -> Iterator[bytes | None]:
    """Yield the records of a file, and None if it ends within a record.

    A record consists of its length (8 bytes), a checksum (4 bytes), its content and a checksum (4 bytes).
    """
    content = file.read_bytes()
    place = 0
    while place < len(content):
        if place + 12 > len(content):
            yield None
            return
        (length,) = struct.unpack_from("<Q", content, place)
        start, end = place + 12, place + 12 + length
        if end + 4 > len(content):
            yield None
            return
        yield content[start:end]
        place = end + 4


def scalar_of(value: Any) -> float | None:
    """The number in a summary; None for images, histograms and texts."""
    if value.HasField("simple_value"):
        return float(value.simple_value)
    if not value.HasField("tensor") or value.metadata.plugin_data.plugin_name not in ("", "scalars"):
        return None
    tensor = value.tensor
    if tensor.dtype not in KINDS or any(dim.size != 1 for dim in tensor.tensor_shape.dim):
        return None
    if tensor.tensor_content:
        return float(np.frombuffer(tensor.tensor_content, KINDS[tensor.dtype])[0])
    found = getattr(tensor, VALUE_FIELDS.get(tensor.dtype, "float_val"))
    return float(found[0]) if len(found) else None


def read_hyperparameters(value: Any) -> dict[str, Any]:
    """The hyperparameters in a summary of the HParams plugin; none in other summaries."""
    from tensorboard.plugins.hparams import plugin_data_pb2

    if value.metadata.plugin_data.plugin_name != "hparams":
        return {}
    content = plugin_data_pb2.HParamsPluginData.FromString(value.metadata.plugin_data.content)
    if not content.HasField("session_start_info"):
        return {}
    kinds = {"number_value": float, "string_value": str, "bool_value": bool}
    found = {name: (each.WhichOneof("kind"), each) for name, each in content.session_start_info.hparams.items()}
    return {name: kinds[kind](getattr(each, kind)) for name, (kind, each) in found.items() if kind in kinds}
