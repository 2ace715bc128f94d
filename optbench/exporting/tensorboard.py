"""Export to TensorBoard: a folder of event files per run, with scalars and data for the HParams plugin.

Event files are written with TensorBoard's own classes, without importing TensorFlow.
"""

from pathlib import Path
from typing import Any

from optbench.exporting.extras import import_extra
from optbench.exporting.runs import Export, ExportedRun, Scalar
from optbench.runtime.files import file_name
from optbench.spec.status import RunStatus

EVENTS = "events.out.tfevents.0.optbench"  # TensorBoard recognizes event files by this prefix
SESSION_END = "_hparams_/session_end_info"


def write_event_files(export: Export, folder: Path) -> None:
    """Write a log directory and the page.

    Raises:
        ConfigError: TensorBoard is not installed.
    """
    hparams = import_extra("tensorboard.plugins.hparams.summary_v2", "tensorboard")
    names = sorted({name for run in export.runs for name in run.facts})
    metrics = sorted({name for run in export.runs for _, values in run.by_step() for name in values})
    experiment = hparams.hparams_config_pb(
        hparams=[hparams.HParam(name) for name in names], metrics=[hparams.Metric(name) for name in metrics]
    )
    write_events(folder / EVENTS, [event(export.runs[0].started if export.runs else 0.0, 0, experiment)])
    for run in export.runs:
        place = folder / file_name(run.problem) / file_name(run.setting) / f"seed-{run.seed}"
        place.mkdir(parents=True, exist_ok=True)
        write_events(place / EVENTS, run_events(run, hparams))
    (folder / "index.html").write_bytes(export.page.read_bytes())


def run_events(run: ExportedRun, hparams: Any) -> list[Any]:
    """The events of a run: its hyperparameters, one scalar per value, its status, and its tags as text."""
    summary = import_extra("tensorboard.compat.proto.summary_pb2", "tensorboard")
    api = import_extra("tensorboard.plugins.hparams.api_pb2", "tensorboard")
    values = {name: as_hparam(value) for name, value in run.facts.items()}
    ended = run.started + (run.seconds or 0.0)
    status = api.STATUS_SUCCESS if run.status in (RunStatus.DONE, RunStatus.PRUNED) else api.STATUS_FAILURE
    start = hparams.hparams_pb(values, trial_id=run.run_id, start_time_secs=run.started)
    found = [event(run.started, 0, start)]
    for step, scalars in run.by_step():
        each = [summary.Summary.Value(tag=name, simple_value=value) for name, value in scalars.items()]
        found.append(event(run.started, step, summary.Summary(value=each)))
    texts = [text_value(name, text, summary) for name, text in run.tags.items()]
    return [
        *found,
        event(run.started, 0, summary.Summary(value=texts)),
        event(ended, 0, session_end(status, ended, summary)),
    ]


def session_end(status: Any, ended: float, summary: Any) -> Any:
    """The summary that tells HParams the end and the status of a run. TensorBoard's own function imports TensorFlow."""
    data = import_extra("tensorboard.plugins.hparams.plugin_data_pb2", "tensorboard")
    info = data.SessionEndInfo(status=status, end_time_secs=ended)
    content = data.HParamsPluginData(version=0, session_end_info=info).SerializeToString()
    plugin = summary.SummaryMetadata.PluginData(plugin_name="hparams", content=content)
    metadata = summary.SummaryMetadata(plugin_data=plugin)
    return summary.Summary(value=[summary.Summary.Value(tag=SESSION_END, metadata=metadata, tensor=empty_tensor())])


def empty_tensor() -> Any:
    """An empty tensor, for summaries whose content is in their metadata."""
    tensor_pb2 = import_extra("tensorboard.compat.proto.tensor_pb2", "tensorboard")
    types = import_extra("tensorboard.compat.proto.types_pb2", "tensorboard")
    return tensor_pb2.TensorProto(dtype=types.DT_FLOAT, float_val=[0.0])


def text_value(name: str, text: str, summary: Any) -> Any:
    """A text for TensorBoard's text plugin."""
    tensor_pb2 = import_extra("tensorboard.compat.proto.tensor_pb2", "tensorboard")
    types = import_extra("tensorboard.compat.proto.types_pb2", "tensorboard")
    plugin = summary.SummaryMetadata.PluginData(plugin_name="text")
    tensor = tensor_pb2.TensorProto(dtype=types.DT_STRING, string_val=[text.encode()])
    return summary.Summary.Value(tag=name, metadata=summary.SummaryMetadata(plugin_data=plugin), tensor=tensor)


def as_hparam(value: Scalar) -> bool | float | str:
    """Convert a value to a type that HParams accepts: numbers become floats."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def event(wall_time: float, step: int, summary: Any) -> Any:
    """An event with a summary."""
    event_pb2 = import_extra("tensorboard.compat.proto.event_pb2", "tensorboard")
    return event_pb2.Event(wall_time=wall_time, step=step, summary=summary)


def write_events(path: Path, events: list[Any]) -> None:
    """Write an event file."""
    event_pb2 = import_extra("tensorboard.compat.proto.event_pb2", "tensorboard")
    record_writer = import_extra("tensorboard.summary.writer.record_writer", "tensorboard")
    with path.open("wb") as file:
        writer = record_writer.RecordWriter(file)
        for each in [event_pb2.Event(wall_time=0.0, file_version="brain.Event:2"), *events]:
            writer.write(each.SerializeToString())
        writer.flush()
