"""Publish a study: its tables, page, versions, commands and checksums in one folder that can be copied anywhere."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from optbench.errors import ConfigError
from optbench.report.commands import job_commands
from optbench.report.loading import report_data
from optbench.report.page import PageOptions, build_report
from optbench.report.publish_readme import format_readme
from optbench.report.verdict import verdict
from optbench.results.published_writer import check_destination, write_published
from optbench.results.store import Store
from optbench.spec.study_result import StudyResult

Part = Literal["page", "trials", "arrays"]
PARTS: tuple[Part, ...] = get_args(Part)
ARRAY_KINDS = ("path", "points", "plane", "regions")
LEFT_TO_PARQUET = {"curves", "runs", "final_values"}  # CSV tables with the same content as a Parquet file


class PublishOptions(NamedTuple):
    """The parts to leave out of a published study."""

    without: Collection[Part] = ()
    points: int | None = None  # number of evaluation points kept per run, including the first and the last


def publish(result: StudyResult, folder: Path, options: PublishOptions = PublishOptions()) -> None:  # noqa: B008
    """Write a study as a folder that can be copied anywhere.

    Args:
        result: the result of the study.
        folder: the folder to write: a new one, or an older one of the same study.
        options: what to leave out.

    Raises:
        ConfigError: the folder contains something else or cannot be written, or the options do not fit the study.
        StoreError: its runs cannot be compared.
    """
    check_destination(folder, result.file.name)
    kept = without_parts(result, options)
    facts, texts = describe(result, options), page_files(result, "page" not in options.without)
    readme = format_readme(result.file, facts, "index.html" in texts)
    write_published(folder, kept, facts, {"README.md": readme, **texts}, arrays_of(kept, options))


def without_parts(result: StudyResult, options: PublishOptions) -> StudyResult:
    """Return a result without the parts to leave out."""
    if options.points is not None:
        result = replace(result, curves=thin_curves(result, options.points))
    if "trials" not in options.without:
        return result
    runs = tuple(run for run in result.file.runs if run.role == "run")
    curves = result.curves[result.curves["run_id"].isin(set(result.runs["run_id"]))]
    return replace(result, file=replace(result.file, runs=runs), trials=result.trials.iloc[:0], curves=curves)


def thin_curves(result: StudyResult, points: int) -> pd.DataFrame:
    """Return the curves at a limited number of evenly spaced points of each run.

    Raises:
        ConfigError: there are fewer than two points, or the study compares the best value of all points.
    """
    if points < 2:
        raise ConfigError(f"`--points` must be at least 2, the first and the last point. Received: {points}.")
    if result.file.decide_by.best:
        text = f"`--points` would change what is compared, which is {result.file.decide_by}: the best of all points."
        raise ConfigError(f"{text} Leave it out.")
    curves = result.curves
    place = curves.groupby("run_id", observed=True)["step"].rank(method="dense").to_numpy(int) - 1
    last = pd.Series(place).groupby(curves["run_id"].to_numpy(), observed=True).transform("max").to_numpy(int)
    slots = np.minimum(points, last + 1)
    number = np.rint(place * (slots - 1) / np.maximum(last, 1)).astype(int)
    chosen = np.rint(number * last / np.maximum(slots - 1, 1)).astype(int)
    return curves[place == chosen]


def describe(result: StudyResult, options: PublishOptions) -> dict[str, Any]:
    """Return the facts of a published study, for programs."""
    study = result.file
    said = verdict(report_data(result, study.report.baseline))
    return {
        "answer": list(said.paragraphs),
        "started": study.started,
        "device": study.device,
        "versions": read_versions(study.versions),
        "command": study.command,
        "job_commands": list(dict.fromkeys(job_commands(study))),
        "decide_by": str(study.decide_by),
        "runs": len(result.runs),
        "trials": 0 if "trials" in options.without else len(result.trials),
        "points": options.points,
        "left_out": sorted(options.without),
    }


def read_versions(text: str) -> Mapping[str, Any]:
    """Return the versions of a study by library name."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def page_files(result: StudyResult, with_page: bool) -> dict[str, str]:
    """Return the page and the CSV tables of a study by their path in the folder."""
    with TemporaryDirectory() as name:
        formats = ["html", "csv"] if with_page else ["csv"]
        folder = Path(name)
        built = build_report(result, Store(folder / "none"), folder, PageOptions(format=formats)).parent  # type: ignore[arg-type]
        files = {path.name: path.read_text(encoding="utf8") for path in sorted(built.iterdir())}
    page = {name: text for name, text in files.items() if name == "index.html"}
    return page | {f"tables/{name}": text for name, text in files.items() if is_for_people(name, text)}


def is_for_people(name: str, text: str) -> bool:
    """Return whether a file is a CSV table with rows that no Parquet file contains."""
    stem, _, kind = name.rpartition(".")
    return kind == "csv" and stem not in LEFT_TO_PARQUET and text.count("\n") > 1


def arrays_of(result: StudyResult, options: PublishOptions) -> pd.DataFrame:
    """Return the arrays of the runs and trials."""
    ids = [] if "arrays" in options.without else [*result.runs["run_id"], *result.trials["run_id"]]
    return pd.concat([result.arrays(ids, kind) for kind in ARRAY_KINDS], ignore_index=True)
