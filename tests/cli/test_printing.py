"""Output of commands: counts with nouns, and no escape sequences except those of the console."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.live import Live
from rich.table import Table

from optbench.cli.console import HarmlessConsole
from optbench.cli.printing import describe_kept
from optbench.cli.terminal import Terminal
from optbench.results.loading import load_result
from optbench.results.store import Store
from tests.commands import optbench_command
from tests.report.made_up_results import Made, write

EVIL = "\x1b[2J\x1b]0;owned\x07evil\x9b31m\u202e"
OF_STYLES = re.compile(r"\x1b\[[\d;]*m")  # colors, which the console itself writes
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printed(show, **options):
    """What a console in a terminal is sent."""
    file = io.StringIO()
    show(HarmlessConsole(file=file, force_terminal=True, width=100, **options))
    return file.getvalue()


def test_the_console_shows_escape_sequences_of_texts_and_keeps_its_own():
    def show(console):
        table = Table(title="[bold]title[/]")
        table.add_column("a")
        table.add_row(EVIL)
        console.print(table)
        console.print(f"[red]{EVIL}[/]")
        console.print(EVIL, markup=False, soft_wrap=True)

    said = printed(show)
    assert "\x1b[31m" in said
    assert not STEERING.search(OF_STYLES.sub("", said))
    assert said.count("\\x1b") >= 6


def test_the_console_still_moves_its_own_progress():
    def show(console):
        with Live("text", console=console):
            console.print("more")

    assert "\x1b[?25l" in printed(show)


@pytest.fixture
def results(tmp_path):
    """A study whose name and problem are harmful, and a file that is no study."""
    write(tmp_path / "results", Made(EVIL, optimizers=("sgd", "adam"), seeds=3))
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ("results", "list"),
        ("results", "prune", "--yes"),
        ("results", "repair"),
        ("report", f"{EVIL}2"),
        ("publish", f"{EVIL}2"),
        ("export", f"{EVIL}2", "--to", "csv"),
        ("import", f"{EVIL}.csv"),
        ("import", "runs.csv", "--name", EVIL),
        ("weights", EVIL),
        ("new", "optimizer", EVIL),
        ("conformance", EVIL),
        ("crosscheck", EVIL),
        ("regression", "learn", "--only", EVIL),
        (EVIL,),
        (f"name={EVIL}", "optimizer.learning_rate=-1"),
        (f"optimizer={EVIL}",),
    ],
    ids=lambda words: " ".join(words).replace(EVIL, "EVIL"),
)
def test_no_command_prints_an_escape_sequence_of_a_name(words, results, reports_without_figures):
    cells = f"optimizer,seed,loss\n{EVIL},0,1.0\nadam,0,2.0\n{EVIL},1,1.5\nadam,1,2.5\n"
    (results / "runs.csv").write_text(cells, encoding="utf8")
    done = optbench_command(*words, cwd=results)
    said = OF_STYLES.sub("", done.stdout + done.stderr)
    assert said.strip()
    assert "Traceback" not in said
    assert not STEERING.search(said), repr(STEERING.search(said))


def test_progress_and_the_answer_show_names_without_escape_sequences(tmp_path):
    write(tmp_path, Made("evil", optimizers=(EVIL, "adam"), seeds=3))
    store = Store(tmp_path)
    result = load_result(store, store.read_study("evil"))
    said = printed(lambda console: Terminal(console).summary(result, Path(EVIL), Path(EVIL)))
    assert "adam" in said
    assert not STEERING.search(OF_STYLES.sub("", said))


def few(folder, *endings):
    """Made-up results whose first runs ended so, and their store."""
    write(folder, Made("few", optimizers=("sgd", "adam"), seeds=2))
    store = Store(folder)
    result = load_result(store, store.read_study("few"))
    runs = result.runs.sort_values(["optimizer", "seed"], ignore_index=True)
    for row, (status, why) in enumerate(endings):
        runs.loc[row, ["status", "status_detail"]] = [status, why]
    return store, replace(result, runs=runs)


def with_endings(folder, *endings):
    """The summary of made-up results whose first runs ended so."""
    file = io.StringIO()
    Terminal(HarmlessConsole(file=file, width=100)).summary(few(folder, *endings)[1], Path("page"), Path("the.log"))
    return file.getvalue()


@pytest.fixture
def any_result(monkeypatch):
    """No answer, which needs runs that ended."""
    monkeypatch.setattr("optbench.cli.outcome.outcome", lambda result, width: ["the answer"])


@pytest.mark.usefixtures("any_result")
def test_the_summary_counts_failed_runs_with_their_noun(tmp_path):
    said = with_endings(tmp_path / "one", ("failed", "ValueError: no."))
    assert ": 1 run failed. ValueError: no." in said
    assert "log: the.log" in said
    said = with_endings(tmp_path / "two", ("failed", "ValueError: no."), ("failed", "ValueError: no."))
    assert ": 2 runs failed. ValueError: no." in said


@pytest.mark.usefixtures("any_result")
def test_the_summary_says_why_runs_were_interrupted(tmp_path):
    said = with_endings(tmp_path, ("interrupted", "The scheduler was lost."))
    assert ": 1 run was interrupted. The scheduler was lost." in said
    assert "log:" not in said  # which has nothing of it


def test_kept_runs_are_counted_with_their_noun():
    assert describe_kept(1, 1) == "1 of 1 run is finished already and is kept."
    assert describe_kept(2, 3) == "2 of 3 runs are finished already and are kept."


ONE = re.compile(
    r"\b1 (runs|programs|shards|workers|files|studies|trials|seeds|damaged files|compiled programs)\b(?! of)"
)


def test_no_command_counts_one_thing_as_several(tmp_path):
    write(tmp_path / "results", Made("one", optimizers=("sgd",), seeds=1))
    said = [
        optbench_command(*words, cwd=tmp_path).stdout
        for words in (
            ("results", "list"),
            ("results", "prune", "--yes"),
            ("results", "repair"),
            ("dataset=iris", "model=softmax", "seeds=1", "dry_run=true", "workers=1"),
        )
    ]
    assert "1 program, 1 run in 1 shard on 1 worker: " in said[-1]
    for text in said:
        assert not ONE.search(text), ONE.search(text)


def test_a_page_counts_one_failed_run_as_one(tmp_path, reports_without_figures):
    from optbench.report.page import PageOptions, build_report

    store, result = few(tmp_path, ("failed", "ValueError: no."))
    build_report(result, store, tmp_path / "reports", PageOptions(format=("html",)))
    page = (tmp_path / "reports" / "few" / "index.html").read_text(encoding="utf8")
    assert "1 run failed. ValueError: no." in page
    assert not ONE.search(page), ONE.search(page)
