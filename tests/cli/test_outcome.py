"""The leaderboard in the terminal: the note below it mentions only columns that are shown."""

import io

import pytest
from rich.console import Console

from optbench.cli.outcome import LEGEND, outcome
from optbench.results.loading import load_result
from optbench.results.store import Store
from tests.report.made_up_results import Made, write


def text_of(folder, width, **made):
    """What the terminal shows of made-up results."""
    write(folder, Made("notes", **made))
    store, console = Store(folder), Console(width=width, file=io.StringIO(), record=True)
    for part in outcome(load_result(store, store.read_study("notes")), width):
        console.print(part)
    return " ".join(console.export_text().split())


@pytest.mark.parametrize(("width", "is_shown"), [(80, False), (200, True)])
def test_the_memory_is_explained_where_it_is_shown(tmp_path, width, is_shown):
    text = text_of(tmp_path, width, optimizers=("sgd", "adam", "rmsprop"), seeds=8)
    assert (" state " in text.partition("Leaderboard")[2].partition("Sorted by")[0]) == is_shown
    assert ("State is the memory" in text) == is_shown


def test_a_mark_is_explained_where_there_is_one(tmp_path):
    assert LEGEND not in text_of(tmp_path, 80, optimizers=("sgd", "adam"), seeds=3)
