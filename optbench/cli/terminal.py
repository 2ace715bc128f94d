"""Terminal output: progress during training, and one table per problem at the end.

If the output is not a terminal (a log, a CI job), there is one line per program instead of a progress bar.
"""

import io
import math
import os
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

import pandas as pd
from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from optbench.analysis import tables
from optbench.analysis.formatting import format_megabytes, format_number, format_seconds, pluralize
from optbench.cli.console import HarmlessConsole
from optbench.cli.printing import describe_kept
from optbench.config.build import targets
from optbench.config.parameters import TARGET
from optbench.errors import harmless
from optbench.problem.built import BuiltProblems
from optbench.spec.labels import problem_words, rule_name
from optbench.spec.splits import describe_split
from optbench.spec.status import WITHOUT_RESULT, RunStatus
from optbench.spec.study_result import StudyResult
from optbench.sweep.estimate import Estimate, seconds_of_all
from optbench.sweep.forecast import Forecast
from optbench.sweep.plan import ProgramPlan, Shard

AT_A_RUNG = "at the end of a rung"  # trials that are compared before they continue or are pruned


class Terminal:
    """Progress and tables on standard output."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or HarmlessConsole(highlight=False)
        self._lines: list[RenderableType] = []  # file of the transcript

    def plan(self, programs: Sequence[Estimate], kept: int, workers: int) -> None:
        """Print what a study would train and at what cost."""
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for column in ("program", "compiled as", "runs", "lanes", "shards", "steps a run", "about", "a shard"):
            table.add_column(column, justify="left" if column in ("program", "compiled as") else "right")
        for e in programs:
            about = f"{format_seconds(e.seconds)}{'' if e.measured else ' *'}"
            row = [e.runs, e.plan.lanes, e.shards, f"{e.steps:,}", about, format_megabytes(e.shard_bytes)]
            table.add_row(escape(program_name(e.plan)), e.plan.mode, *map(str, row))
        self.console.print(table)
        total = seconds_of_all(programs, workers)
        runs, shards = sum(e.runs for e in programs), sum(e.shards for e in programs)
        self.note(
            f"{pluralize(len(programs), 'program')}, {pluralize(runs, 'run')} in {pluralize(shards, 'shard')} on "
            f"{pluralize(workers, 'worker')}: "
            f"about {format_seconds(total)}."
        )
        if kept:
            self.note(f"Finished already: {pluralize(kept, 'further run')}.")
        if not all(e.measured for e in programs):
            self.note("* guessed from the sizes of layers; once runs like these were trained here, from those.")
        self.note("Nothing was trained: dry_run=true.")
        called = sorted(
            {target for e in programs for target in targets_of(e.plan) if not target.startswith("optbench.")}
        )
        if called:
            self.note(f"To plan, these functions were called, which make what would be trained: {', '.join(called)}.")

    @property
    def is_watched(self) -> bool:
        """Whether somebody watches the study, that is, the output is a terminal and not a log or a CI job."""
        return self.console.is_terminal and not self.console.quiet and "CI" not in os.environ

    @contextmanager
    def training(
        self, shards: Sequence[Shard], built_problems: BuiltProblems, kept: int, forecast: Forecast | None = None
    ) -> "Iterator[TrainingView]":
        """Show the progress of ``shards``; ``kept`` runs are already finished."""
        runs = sum(len(shard.runs) for shard in shards)
        if kept:
            self.console.print(describe_kept(kept, kept + runs))
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[runs]}"),
            TimeElapsedColumn(),
            TextColumn("elapsed,"),
            TimeLeft(forecast),
            console=self.console,
        )
        view = TrainingView(bar, self.console, shards, built_problems, forecast)
        moving = self.console.is_terminal and bool(shards)
        with Live(Group(bar, view.best_line), console=self.console) if moving else nullcontext():
            yield view

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show that work without measurable progress is in progress."""
        if not self.console.is_terminal:
            yield
            return
        with self.console.status(f"{what} ..."):
            yield

    def note(self, line: str) -> None:
        """Print one line for the reader."""
        self._lines.append(Text(harmless(line), no_wrap=True, overflow="ignore"))
        self.console.print(harmless(line), soft_wrap=True, markup=False)

    @property
    def transcript(self) -> str:
        """What was printed besides progress, with ANSI color codes."""
        console = HarmlessConsole(width=self.console.width, file=io.StringIO(), record=True, force_terminal=True)
        for line in self._lines:
            print_line(console, line)
        return console.export_text(styles=True)

    def summary(self, result: StudyResult, page: Path, log: Path) -> None:
        """Print the answer and the leaderboard, why runs failed, and where the report is."""
        from optbench.cli.outcome import outcome  # matplotlib is imported only when needed

        runs = result.runs
        for element in outcome(result, self.console.width):
            self._lines.append(element)
            print_line(self.console, element)
        without = runs[runs["status"].isin(WITHOUT_RESULT)]
        for (setting, status, why), group in without.groupby(["setting", "status", "status_detail"], sort=False):
            word = "was" if len(group) == 1 else "were"
            ended = str(status) if status == RunStatus.FAILED else f"{word} {status}"
            self.note(f"{setting}: {pluralize(len(group), 'run')} {ended}. {why}")
        if (runs["status"] == RunStatus.FAILED).any():
            self.note(f"log: {log}")
        self.note(f"report: {page}")


def print_line(console: Console, line: RenderableType) -> None:
    """Print a line or a table. Text that must not be wrapped is kept whole, so that it can be copied."""
    console.print(line, soft_wrap=isinstance(line, Text) and bool(line.no_wrap))


class TimeLeft(ProgressColumn):
    """The remaining training time of a study, from its forecast."""

    max_refresh = 1.0  # seconds

    def __init__(self, forecast: Forecast | None) -> None:
        super().__init__()
        self._forecast = forecast

    def render(self, task: Task) -> Text:
        """Return the time as ``0:02:10 left``."""
        seconds = self._forecast.seconds_left() if self._forecast is not None else None
        known = f"{timedelta(seconds=round(seconds))} left" if seconds is not None else "-:--:-- left"
        return Text(known, style="progress.remaining")


class TrainingView:
    """Counts steps and runs. Called from the workers' threads."""

    def __init__(
        self,
        bar: Progress,
        console: Console,
        shards: Sequence[Shard],
        built_problems: BuiltProblems,
        forecast: Forecast | None = None,
    ) -> None:
        self.bar, self.console, self.forecast = bar, console, forecast
        self.steps = {id(s): built_problems.get(s.program.problem).total_steps for s in shards}
        self.made: Counter[int] = Counter()
        self.runs, self.endings = 0, Counter[str]()
        self.running: dict[int, int] = {}  # runs of each shard that has started but not ended
        self.total = sum(len(shard.runs) for shard in shards)
        self.programs = Counter(shard.program.key for shard in shards)
        self.lock = threading.Lock()
        work = sum(self.steps[id(shard)] * len(shard.runs) for shard in shards)
        self.best: dict[str, float] = {}  # lowest final loss of a run on the selection split, by optimizer
        self.chosen_on: dict[str, None] = {}  # the selection splits
        self.task = bar.add_task("training", total=work, runs=self._runs())
        self.best_line = Text()

    def advanced(self, shard: Shard, steps: int) -> None:
        """Record that the lanes of ``shard`` advanced by ``steps`` steps."""
        with self.lock:
            self.made[id(shard)] += steps
            if self.forecast is not None:
                self.forecast.advanced(id(shard), steps)
            self.running.setdefault(id(shard), len(shard.runs))
            self.bar.update(self.task, advance=steps * len(shard.runs), runs=self._runs())

    def finished(self, shard: Shard, runs: pd.DataFrame, curves: pd.DataFrame) -> None:
        """Record that ``shard`` ended. Steps that a diverged shard skipped count as done."""
        if self.forecast is not None:
            self.forecast.finished(id(shard))
        self.advanced(shard, self.steps[id(shard)] - self.made[id(shard)])
        with self.lock:
            self.runs += len(runs)
            self.running.pop(id(shard), None)
            self.endings.update(runs["status"].replace(RunStatus.PRUNED, AT_A_RUNG))
            self._remember_best(runs, curves)
            self.bar.update(self.task, runs=self._runs())
            self.best_line.plain = self._best()
            self.programs[shard.program.key] -= 1
            if not self.programs[shard.program.key] and not self.console.is_terminal:
                self.console.print(f"{program_name(shard.program)} ended, {self._runs()}", markup=False)

    def interrupted(self) -> None:
        """Record that Ctrl-C was pressed and that running shards are being finished."""
        self.console.print("Finishing the shards that run; the same command goes on later. Ctrl-C again stops them.")

    def seconds_left(self) -> float | None:
        """The remaining time of the work in seconds, as shown by the bar; None while it is unknown."""
        return self.forecast.seconds_left() if self.forecast is not None else None

    def _remember_best(self, runs: pd.DataFrame, curves: pd.DataFrame) -> None:
        done = runs.loc[runs["status"] == RunStatus.DONE].set_index("run_id")["optimizer"]
        losses = tables.deciding_rows(curves[curves["run_id"].isin(done.index)], by="run_id")
        final = losses.sort_values("step", kind="stable").groupby("run_id")["value"].last()
        self.chosen_on |= dict.fromkeys(losses["split"])
        for optimizer, value in final.groupby(done).min().items():
            self.best[str(optimizer)] = min(float(value), self.best.get(str(optimizer), math.inf))

    def _best(self) -> str:
        ranked = sorted(self.best.items(), key=lambda pair: pair[1])
        words = ", ".join(f"{name} {format_number(value)}" for name, value in ranked[:5])
        return f"best {'/'.join(map(describe_split, self.chosen_on))} loss so far: {words}" if words else ""

    def _runs(self) -> str:
        running = sum(self.running.values())
        now = [f"{running} running, {self.total - self.runs - running} left"] if running else []
        others = [f"{count} {status}" for status, count in self.endings.items() if status != RunStatus.DONE]
        return ", ".join([f"{self.runs}/{self.total} runs", *now, *others])


def targets_of(plan: ProgramPlan) -> list[str]:
    """The dotted paths of all functions from which a program is built."""
    return [target for node in (*plan.nodes.values(), *plan.problem.nodes.values()) for target in targets(node)]


def program_name(plan: ProgramPlan) -> str:
    """A program in words."""
    node = plan.nodes["optimizer"]
    optimizer = rule_name(node[TARGET].rpartition(".")[2], node)
    return f"{optimizer} on {' '.join(problem_words(plan.problem.names))}"
