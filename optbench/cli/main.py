"""``python -m optbench``: sweep optimizers over problems, and write one report."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra

from optbench.cli.arguments import CommandLine, parse
from optbench.cli.check_overrides import check_overrides
from optbench.cli.ending import end, exit_code_of
from optbench.cli.error_messages import format_notices, is_user_error, print_error
from optbench.cli.expansion import expand
from optbench.cli.namesake import describe_namesake
from optbench.cli.shared_sources import share_sources
from optbench.cli.subcommands import names_subcommand, run_subcommand
from optbench.cli.task import CarriedError, task_of
from optbench.cli.unchanged import find, key_of, remember
from optbench.config.items import conf_dir
from optbench.results.finished import FinishedCommand
from optbench.runtime.files import file_name
from optbench.runtime.interrupts import exit_code_of_interrupt, notice_interrupts
from optbench.runtime.output import protect_standard_streams
from optbench.runtime.tensorflow_import import import_tensorflow
from optbench.spec.job import JobConfig

if TYPE_CHECKING:
    from rich.console import Console

    from optbench.spec.study_result import StudyResult


class LateStudy:
    """A study that is created only when needed: not for ``--help``, and not for a command with an unchanged result.

    Args:
        command: the command line that starts the study.
        all_at_once: whether the first jobs are the only ones.
    """

    def __init__(self, command: str, all_at_once: bool = False) -> None:
        self.command, self.started = command, time.time()
        self.all_at_once = all_at_once
        self.folder = Path.cwd()
        self.study: Any = None
        self.jobs: list[JobConfig] = []
        self.values: list[float] = []  # one per job
        self.key: str | None = None  # key of the jobs, if they came at once
        self.earlier: FinishedCommand | None = None  # earlier outcome, if nothing has changed since

    @cached_property
    def console(self) -> "Console":
        """The console of the terminal."""
        from optbench.cli.console import HarmlessConsole  # `--help` needs none

        return HarmlessConsole(highlight=False)

    def add(self, jobs: Sequence[JobConfig]) -> list[float]:
        """Add jobs to the study. See :meth:`optbench.study.study.RunningStudy.add`.

        Paths of results, reports and data are relative to the folder in which the command was started, even if
        ``hydra.job.chdir`` gives each job its own folder.
        """
        with contextlib.chdir(self.folder):
            if not self.jobs:
                self.key = key_of(jobs)
                self.earlier = find(self.key, jobs, self.console.width)
            elif self.earlier is not None:  # of some of the jobs only
                self.earlier, self.key = None, None
                self._train(self.jobs)
            else:
                self.key = None
            self.jobs += jobs
            values = self.earlier.objectives if self.earlier is not None else self._train(jobs)
            self.values += values
            return values

    def finish(self, interrupted: bool = False) -> int:
        """Finish the study, if one was started; otherwise show the earlier outcome of an unchanged command."""
        if self.earlier is not None:
            return self._show(self.earlier)
        if self.study is None:
            return 130 if interrupted else 0
        code = int(self.study.finish(interrupted))
        if not interrupted and self.study.result is not None and self.study.is_identified:
            self._remember(self.study.result, code)
        return code

    def _train(self, jobs: Sequence[JobConfig]) -> list[float]:
        if self.study is None:
            import_tensorflow()  # before any import of TensorFlow, which would print its start-up messages
            from optbench.cli.terminal import Terminal
            from optbench.study.study import RunningStudy

            self.study = RunningStudy(self.command, Terminal(self.console), self.started, self.all_at_once)
        return list(self.study.add(jobs))

    def _show(self, earlier: FinishedCommand) -> int:
        from rich.text import Text

        from optbench.cli.printing import describe_kept

        self.console.print(f"{describe_kept(earlier.runs, earlier.runs)} Nothing changed since.")
        self.console.print(Text.from_ansi(earlier.text.rstrip("\n")), soft_wrap=True)
        return earlier.code

    def _remember(self, result: "StudyResult", code: int) -> None:
        with contextlib.chdir(self.folder):
            page = Path(str(self.jobs[0].config["reports_dir"]), file_name(result.file.name), "index.html")
            shown = (self.study.display.transcript, self.console.width)
            remember(self.key, self.jobs, self.values, result, code, page, shown)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the code of the study.

    Args:
        arguments: the arguments without the program name; those of the process by default.
    """
    given = sys.argv[1:] if arguments is None else arguments
    protect_standard_streams()
    if namesake := describe_namesake():
        print(namesake, file=sys.stderr)
    if names_subcommand(given):
        return end(run_subcommand(given[0], given[1:]))
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # pass errors on to this function, which prints one line
    if "" not in sys.path:
        sys.path.insert(0, "")  # as for `python -m`: a user's rules are found in the current directory
    format_notices()
    notice_interrupts()
    line = parse(given)
    if "--version" in line.flags:
        from importlib import metadata  # a tenth of the time of `--help`

        print(f"optbench {metadata.version('optbench')}")
        return end(0)
    study = LateStudy(line.command, all_at_once=not line.multirun)
    try:
        code = run(line, study)
    except SystemExit as ended:  # from Hydra, after printing its help
        code = exit_code_of(ended)
    except KeyboardInterrupt:
        code = exit_code_of_interrupt()
    except (CarriedError, Exception) as error:
        cause = error.__cause__ if isinstance(error, CarriedError) else error
        if wants_traceback or not is_user_error(cause):
            raise
        code = print_error(cause)
    return end(code)


def run(line: CommandLine, study: LateStudy) -> int:
    """Run Hydra on the command line, and always finish the study. Returns the exit code."""
    try:
        check_overrides(line)
        run_hydra(expand(line), study)
    except KeyboardInterrupt:
        return finish_interrupted(study)
    except CarriedError:
        study.finish()  # if a launcher takes jobs one by one, those before the invalid one get a report
        raise
    try:
        return study.finish()
    except KeyboardInterrupt:
        return finish_interrupted(study)


def finish_interrupted(study: LateStudy) -> int:
    """Finish the study after a signal that ends it. Returns the exit code."""
    study.finish(interrupted=True)
    return exit_code_of_interrupt()


def run_hydra(line: CommandLine, study: LateStudy) -> None:
    """Let Hydra execute the command line: run jobs, print help or configurations, or complete a word."""
    share_sources()
    with process_arguments(line.for_hydra()):
        hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(task_of(study))()


@contextlib.contextmanager
def process_arguments(arguments: Sequence[str]) -> Iterator[None]:
    """Replace the arguments of this process inside the context, because Hydra reads them only from there."""
    before = sys.argv
    sys.argv = [before[0], *arguments]
    try:
        yield
    finally:
        sys.argv = before
