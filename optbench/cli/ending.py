"""How a command ends: with its exit code, and with one line if its output could not be written.

Every command of ``python -m optbench`` and every module that can be run starts and ends here, so that a closed or full
output stream, an operating system error or Ctrl-C never shows a traceback.
"""

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from optbench.runtime.abandoned import has_abandoned_threads
from optbench.runtime.interrupts import exit_code_of_interrupt
from optbench.runtime.output import failure_of_output, protect_standard_streams

P = ParamSpec("P")


def ending_well(failure: int = 1) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Decorate the main function of a command.

    Args:
        failure: the exit code if its output, or one of its files, cannot be written.
    """

    def decorate(main: Callable[P, None]) -> Callable[P, None]:
        @wraps(main)
        def command(*args: P.args, **kwargs: P.kwargs) -> None:
            protect_standard_streams()
            code = 0
            try:
                main(*args, **kwargs)
            except SystemExit as ended:
                code = exit_code_of(ended)
            except KeyboardInterrupt:
                code = exit_code_of_interrupt()
            except OSError as error:
                from optbench.cli.error_messages import print_error  # imports Hydra

                print_error(error)
                code = failure
            end(code, failure)

        return command

    return decorate


def exit_code_of(ended: SystemExit) -> int:
    """The exit code of a SystemExit. If it has a text for Python to print, it is raised again."""
    if ended.code is not None and not isinstance(ended.code, int):
        raise ended
    return ended.code or 0


def end(code: int, failure: int = 1) -> None:
    """Exit with ``code``; with ``failure`` in place of 0 if the output could not be written.

    A thread that is stuck in user code would otherwise keep Python from exiting.
    """
    why = failure_of_output()
    if why is not None:
        print(
            f"optbench: standard output cannot be written to: {why}. Files that were written are kept.", file=sys.stderr
        )
        code = code or failure
    if has_abandoned_threads():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    if code:
        sys.exit(code)
