"""Load the result of a trained study, build its report and show the outcome."""

from pathlib import Path

from optbench.results.curve_cache import CurveCache
from optbench.results.loading import load_result
from optbench.spec.job import StudyOptions
from optbench.spec.study_file import StudyFile
from optbench.spec.study_result import StudyResult
from optbench.study.display import Display
from optbench.study.log import log_path, stop_log


def publish(file: StudyFile, curves: CurveCache, options: StudyOptions, display: Display) -> StudyResult:
    """Build the report of a study and show the outcome.

    Args:
        file: the study file.
        curves: the curves of the results folder that were read before.
        options: the options of the study.
        display: shows the outcome.

    Raises:
        StoreError: the runs cannot be compared.
        ConfigError: there is no such baseline.
    """
    from optbench.report.page import PageOptions, build_report  # matplotlib is imported only when needed

    result = load_result(curves.store, file, curves)
    with display.working("drawing the report"):
        page = build_report(
            result, curves.store, Path(options.reports_dir), PageOptions(redraw=options.redraw), display.note
        )
    display.summary(result, page, log_path(curves.store, file.name))
    stop_log()
    return result
