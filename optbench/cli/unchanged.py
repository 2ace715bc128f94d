"""Repeat the answer of an earlier identical command, without TensorFlow, if nothing has changed since.

    jobs, composed ──> key ──> results/finished/<key>.json ──holds──> the text, the exit code

A command depends on its composed configuration; on versions, the machine and optbench's own files; on the user's
modules that it imported; on the files that its configuration names; on the rows of its runs; and on its page. If any of
this cannot be determined (data from a Python function, a model of a user's function), the command runs in full.
"""

import contextlib
import hashlib
import json
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.config.environment_values import hidden_texts
from optbench.config.mathematics import is_of_library
from optbench.config.parameters import TARGET
from optbench.results.finished import FinishedCommand, FinishedCommands, own_tables
from optbench.runtime import machine
from optbench.runtime.file_states import code_digest, folder_digest, state_of
from optbench.runtime.tensorflow_import import OURS
from optbench.spec.job import JobConfig
from optbench.spec.status import SUCCESSFUL

if TYPE_CHECKING:  # it imports pandas, which the answer to an unchanged command does not need
    from optbench.spec.study_result import StudyResult

OUTPUT = ("name", "results_dir", "reports_dir", "data_dir")  # keys whose values are not files to read
MADE_IN_PYTHON = ("optbench.datasets.function.function", "optbench.models.keras.keras")
VARIABLES = ("OPTBENCH_", "TF_", "XLA_", "KERAS_", "MPL")  # prefixes of variables that change a study
QUIET = ("TF_CPP_MIN_LOG_LEVEL", OURS)  # variables that this process sets itself, and that change no result


def key_of(jobs: Sequence[JobConfig]) -> str | None:
    """A hash of what a command requests; None if it must always run in full.

    The default name of a study, the date and time, is not part of the request.
    """
    config = jobs[0].config
    if any(config.get(switch) for switch in ("force", "dry_run", "redraw")) or not all(map(_is_known, jobs)):
        return None
    asked = [[list(job.overrides), dict(job.choices), _without_date(job)] for job in jobs]
    text = json.dumps([asked, sorted(_variables().items())], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def find(key: str | None, jobs: Sequence[JobConfig], width: int) -> FinishedCommand | None:
    """The earlier outcome of the same command, if nothing has changed since and the terminal has the same width."""
    if key is None:
        return None
    found = FinishedCommands(str(jobs[0].config["results_dir"])).find(key, surroundings())
    return found if found is not None and found.width == width else None


def remember(
    key: str | None,
    jobs: Sequence[JobConfig],
    values: Sequence[float],
    result: "StudyResult",
    code: int,
    page: Path,
    shown: tuple[str, int],
) -> None:
    """Store the outcome of a command whose runs all ended. Nothing is stored if a file can no longer be read.

    Args:
        key: the key of the command, from :func:`key_of`.
        jobs: the jobs of the command.
        values: the number of each job for Hydra's sweepers.
        result: the result of the study.
        code: the exit code.
        page: the path of its report.
        shown: the output of the terminal, and its width.
    """
    left_out = result.untrained.runs or result.untrained.trials
    unfinished = left_out or not result.statuses.isin(SUCCESSFUL).all()
    if key is None or unfinished or result.skipped or result.file.reached_time_limit is not None or not page.exists():
        return
    from optbench.results.store import Store

    store = Store(str(jobs[0].config["results_dir"]))
    commands, finite = FinishedCommands(store.folder), [math.isfinite(value) for value in values]
    with contextlib.suppress(OSError):
        runs = store.runs([run.run_id for run in result.file.runs])
        files, folders = _read_files(jobs)
        of_page = [path for path in page.parent.iterdir() if path.is_file()]
        record = FinishedCommand(
            study=result.file.name,
            page=str(page),
            values=[value if is_finite else None for value, is_finite in zip(values, finite, strict=True)],
            signs=[int(math.copysign(1, value)) for value in values],
            code=code,
            text=shown[0],
            width=shown[1],
            surroundings=surroundings(),
            files={str(path): state_of(path) for path in (*files, *_user_modules(), *of_page)},
            folders={str(path): folder_digest(path) for path in folders},
            tables=commands.table_names(),
            own_tables=own_tables(store.folder, result, runs["stem"]),
            runs=result.runs["run_id"].nunique(),
            run_ids=sorted(runs["run_id"]),
            timed=sorted({(str(p), str(s)) for p, s in zip(runs["problem_id"], runs["setting_id"], strict=True)}),
        )
        commands.write(key, record)


def surroundings() -> dict[str, str]:
    """Everything besides its configuration on which a study depends: versions, machine, optbench's own files."""
    own = {"versions": machine.versions(), "drawn_with": machine.drawing_versions(), "code": code_digest()}
    return {**own, "host": machine.host(), "device": machine.processor(), "folder": str(Path.cwd())}


def _is_known(job: JobConfig) -> bool:
    """Whether a job's data, model and page are identified by its configuration and the files that it names.

    Records are plain text, so jobs with values from the environment are excluded.
    """
    if hidden_texts(job.config) or any("." in part for part in _texts(_inside(job, "report", "parts"))):
        return False  # a part with a dot in its name is a user's function
    targets = [str(_inside(job, group, TARGET)) for group in ("dataset", "model")]
    return all(t.startswith("optbench.") and t not in MADE_IN_PYTHON for t in targets)


def _inside(job: JobConfig, key: str, name: str) -> Any:
    """A value inside a mapping of an unchecked configuration; None if there is none."""
    node = job.config.get(key)
    return node.get(name) if isinstance(node, Mapping) else None


def _without_date(job: JobConfig) -> Mapping[str, Any]:
    if "name" in job.overridden:
        return job.config
    return {key: value for key, value in job.config.items() if key != "name"}


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(VARIABLES) and name not in QUIET}


def _read_files(jobs: Sequence[JobConfig]) -> tuple[list[Path], list[Path]]:
    """The files and folders that the configuration names."""
    texts = {text for job in jobs for key, part in job.config.items() if key not in OUTPUT for text in _texts(part)}
    paths = [path for text in sorted(texts) if text and _exists(path := Path(text))]
    return [p for p in paths if p.is_file()], [p for p in paths if p.is_dir()]


def _exists(path: Path) -> bool:
    """Whether a file or folder exists. Any text is accepted, even one that is too long for a name."""
    try:
        return path.exists()
    except OSError:
        return False


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _user_modules() -> list[Path]:
    """The files of the imported modules that belong neither to optbench nor to a library."""
    ours = Path(__file__).resolve().parents[2]
    listed = [str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())]
    files = {Path(text) for text in listed if text.endswith(".py")}
    own = {ours / "optbench", ours / "hydra_plugins"}
    return sorted(f for f in files if not is_of_library(f) and not any(f.resolve().is_relative_to(o) for o in own))
