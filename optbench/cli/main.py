"""``python -m optbench``: sweep optimizers over problems, and write one report."""

import os
import sys
import time
from typing import Any

import hydra

from optbench.cli.arguments import add_inner_keys, command_line, flags_first, values_as_sweeps
from optbench.cli.error_messages import format_notices, is_user_error, print_error
from optbench.cli.suites import suites_as_sweeps
from optbench.cli.task import CarriedError, task_of
from optbench.config.items import conf_dir


class LateStudy:
    """A study that is made when the first jobs come: ``--help`` needs no TensorFlow."""

    def __init__(self, command: str) -> None:
        self.command, self.started = command, time.time()
        self.study: Any = None

    def add(self, jobs: Any) -> Any:
        """Hand jobs to the study; see :meth:`optbench.study.study.Study.add`."""
        if self.study is None:
            from optbench.cli.terminal import Terminal
            from optbench.study.study import Study

            self.study = Study(self.command, Terminal(), self.started)
        return self.study.add(jobs)

    def finish(self, interrupted: bool = False) -> int:
        """Finish the study, if one began."""
        if self.study is None:
            return 130 if interrupted else 0
        return int(self.study.finish(interrupted))


def main() -> None:
    """Run the command line and exit with the code of the study."""
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # let errors through to here, where they become one line
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` has it: a user's rules are found from where they stand
    format_notices()
    study = LateStudy(command_line(sys.argv[1:]))
    try:
        code = run(study)
    except KeyboardInterrupt:
        code = 130
    except (CarriedError, Exception) as error:
        cause = error.__cause__ if isinstance(error, CarriedError) else error
        if wants_traceback or not is_user_error(cause):
            raise
        code = print_error(cause)
    sys.exit(code)


def run(study: LateStudy) -> int:
    """Hand the command line to Hydra, and finish the study whatever became of it; the exit code."""
    try:
        sys.argv[1:] = values_as_sweeps(add_inner_keys(suites_as_sweeps(flags_first(sys.argv[1:]))))
        hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(task_of(study))()
    except KeyboardInterrupt:
        return study.finish(interrupted=True)
    except CarriedError:
        study.finish()  # jobs before the mistaken one, where a launcher takes them one by one, have their report
        raise
    try:
        return study.finish()
    except KeyboardInterrupt:
        return study.finish(interrupted=True)
