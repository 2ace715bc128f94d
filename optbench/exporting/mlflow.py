"""Export to MLflow: an experiment with one run for the study, which has the page, and a nested run for each run.

The address is that of a running server, or any other that MLflow accepts.
"""

import contextlib
import io
import math
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any

from optbench.errors import ConfigError
from optbench.exporting.extras import import_extra
from optbench.exporting.runs import Export, ExportedRun
from optbench.runtime.files import one_line
from optbench.spec.status import RunStatus

ANSWER_S = 10  # seconds within which a server must respond
MOST = 1000  # metrics per request
PARENT = "mlflow.parentRunId"
STUDY = "optbench.study"
ENDED = {RunStatus.FAILED: "FAILED", RunStatus.INTERRUPTED: "KILLED"}  # otherwise FINISHED; a tag has the exact status


def log_to_server(export: Export, uri: str, experiment: str) -> None:
    """Log a study to a tracking server.

    Args:
        export: the study.
        uri: the address of the server.
        experiment: the name of the experiment, which is created if it does not exist.

    Raises:
        ConfigError: the package is not installed, no server answers, the study exists already, or the server rejects
            it.
    """
    tracking = import_extra("mlflow.tracking", "mlflow")
    entities, exceptions = (import_extra(f"mlflow.{name}", "mlflow") for name in ("entities", "exceptions"))
    check_server(uri)
    try:
        client = tracking.MlflowClient(tracking_uri=uri)
        number = find_experiment(client, experiment)
        check_new(client, number, export.name, experiment)
        parent = client.create_run(number, run_name=export.name, tags={STUDY: export.name})
        with contextlib.redirect_stdout(io.StringIO()):  # MLflow prints two lines for each run
            log_under(client, entities, export, parent.info.run_id, number)
    except (exceptions.MlflowException, OSError) as error:
        raise ConfigError(f"The MLflow server at {uri} refused the export: {one_line(error)}.") from None


def check_server(uri: str) -> None:
    """Raise ConfigError unless the server responds. MLflow itself would retry for minutes."""
    if not uri.startswith(("http://", "https://")):
        return
    try:
        urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=ANSWER_S).close()
    except urllib.error.HTTPError:
        return  # it responds, even if only to request credentials
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", error)
        raise ConfigError(f"No MLflow server answers at {uri} ({why}). Start it, or name another with --uri.") from None


def find_experiment(client: Any, name: str) -> str:
    """The id of an experiment, which is created if it does not exist."""
    found = client.get_experiment_by_name(name)
    return str(client.create_experiment(name) if found is None else found.experiment_id)


def check_new(client: Any, number: str, study: str, experiment: str) -> None:
    """Raise ConfigError if the experiment already has a study of this name."""
    quoted = study.replace("'", "\\'")
    if client.search_runs([number], f"tags.`{STUDY}` = '{quoted}'", max_results=1):
        raise ConfigError(
            f"The experiment {experiment} has a study {study} already. Choose another with --experiment, or delete it."
        )


def log_under(client: Any, entities: Any, export: Export, parent: str, number: str) -> None:
    """Log the page to the study's run, and the runs below it. A started run is always ended."""
    status = "FAILED"
    try:
        client.log_artifact(parent, str(export.page))
        for run in export.runs:
            log_run(client, entities, run, parent, number)
        status = "FINISHED"
    finally:
        client.set_terminated(parent, status)


def log_run(client: Any, entities: Any, run: ExportedRun, parent: str, number: str) -> None:
    """Log one run."""
    started = round(run.started * 1000)
    tags = {**run.tags, PARENT: parent}
    made = client.create_run(number, start_time=started, tags=tags, run_name=run.name).info.run_id
    client.log_batch(made, params=[entities.Param(name, str(value)) for name, value in run.facts.items()])
    for metrics in in_batches(list(run_metrics(entities, run, started))):
        client.log_batch(made, metrics=metrics)
    ended = started + round(1000 * (run.seconds or 0.0))
    client.set_terminated(made, ENDED.get(RunStatus(run.status), "FINISHED"), ended)


def run_metrics(entities: Any, run: ExportedRun, started: int) -> Iterator[Any]:
    """The values of a run."""
    for step, values in run.by_step():
        yield from (entities.Metric(name, value, started, step) for name, value in values.items())


def in_batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Split items into as few requests as a server accepts."""
    for number in range(math.ceil(len(items) / MOST)):
        yield items[number * MOST : (number + 1) * MOST]
