"""The page of a running study: its progress, and the conclusions from its runs so far.

write_live_page(result, reports, progress, is_wanted) -> reports/<name>/index.html

It has the provisional answer, the leaderboard and the main curve, even before the first run, and reloads itself while
it is open. The report of the finished study replaces it.
"""

import logging
import math
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from optbench.analysis.formatting import pluralize
from optbench.report.first_screen import FirstScreen, first_screen
from optbench.report.index import study_card
from optbench.report.live_times import BEAT_S, IDLE, LATE
from optbench.report.loading import report_data
from optbench.report.render import render
from optbench.report.verdict import verdict
from optbench.runtime.files import file_name, write_text
from optbench.spec.study_result import StudyResult

log = logging.getLogger(__name__)
LEAST_S, MOST_S = 2.0, 60.0  # seconds between two reloads of an open page
ENDING_S = 3600.0  # seconds after which a page whose writer has ended shows a note
STATUS = re.compile(r'(id="live" data-written="\d+" data-interval="[\d.]+" data-late=")[\d.]+(">)[^<]*')


class LiveProgress(NamedTuple):
    """The progress of a study."""

    ended: int  # including runs that were finished before
    total: int
    seconds_left: float | None  # None while unknown
    is_tuning: bool  # whether the runs are trials


def write_live_page(
    result: StudyResult,
    reports: Path,
    progress: LiveProgress,
    pause: Callable[[], float] = lambda: LEAST_S,
    is_wanted: Callable[[], bool] = lambda: True,
) -> Path:
    """Write the page of a running study.

    Args:
        result: the result of the runs that ended.
        reports: the folder of all reports.
        progress: the progress of the study.
        pause: returns the minimum time in seconds until the page is rewritten; called once the content is known.
        is_wanted: called before the file is written, because the study may have ended in the meantime.

    Returns:
        The path of the HTML page.
    """
    first = first_screen_so_far(result)
    seconds = pause()
    text = render(
        "live.html.j2",
        study=result.file,
        card=study_card(result.file)._asdict(),
        status=describe_progress(progress),
        note=describe_provisional(progress),
        first=first,
        written=math.floor(time.time()),
        interval=round(min(max(seconds, LEAST_S), MOST_S), 1),
        late=LATE * max(IDLE * seconds, BEAT_S),
    )
    page = reports / file_name(result.file.name) / "index.html"
    if is_wanted():
        write_text(page, text)
    return page


def write_ending(page: Path) -> None:
    """Make a page say that all runs have ended, until the report replaces it."""
    text = page.read_text(encoding="utf8")
    write_text(page, STATUS.sub(rf"\g<1>{ENDING_S}\2The runs have ended; the report follows.", text, count=1))


def first_screen_so_far(result: StudyResult) -> FirstScreen | None:
    """Return the answer, the leaderboard and the main curve of the runs so far; None if there is nothing to show."""
    try:
        data = report_data(result, result.file.report.baseline)
        found = first_screen(data, list(data.scopes.values()), verdict(data))
    except Exception:  # parts that need all runs may fail in any way while some are missing
        log.debug("the page of the running study has no results yet", exc_info=True)
        return None
    return found if found.leaderboard is not None else None


def describe_progress(progress: LiveProgress) -> str:
    """Describe the progress of a study: ``Running, 34 of 96 runs, about 2 min left``."""
    noun = "trial" if progress.is_tuning else "run"
    words = ["Tuning" if progress.is_tuning else "Running", f"{progress.ended} of {pluralize(progress.total, noun)}"]
    return ", ".join([*words, *describe_time_left(progress.seconds_left)])


def describe_time_left(seconds: float | None) -> list[str]:
    """Describe the remaining time of a study with appropriate precision; empty if it is unknown."""
    if seconds is None or not math.isfinite(seconds):
        return []
    if seconds < 90:
        return [f"about {max(5 * round(seconds / 5), 5)} s left"]
    return [f"about {round(seconds / 60)} min left" if seconds < 5400 else f"about {seconds / 3600:.1f} h left"]


def describe_provisional(progress: LiveProgress) -> str:
    """Return a sentence on the reliability of the results so far."""
    if progress.is_tuning:
        return "Settings are being chosen; the runs that compare them come afterwards."
    return "Provisional: optimizers may have different numbers of seeds so far, and the answer can change."
