"""Exceptions with which user code would end the program end only its run.

``sys.exit(0)`` in a rule would bypass every handler and end the study with exit code 0, as would any exception that is
not an ``Exception``. :func:`contained` converts it to an ordinary error. Ctrl-C is passed on.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from optbench.errors import UserCodeExit
from optbench.runtime.forks import end_if_forked
from optbench.runtime.interrupts import may_be_genuine
from optbench.runtime.output import begin_user_code, end_user_code
from optbench.runtime.working_directory import enter_user_code, leave_user_code


@contextmanager
def contained() -> Iterator[None]:
    """Run user code. Changes of the working directory are undone, and processes that it forks end.

    Raises:
        UserCodeExit: it raised SystemExit, KeyboardInterrupt without Ctrl-C, or another exception that is not an
            ``Exception``.
    """
    process, printed = os.getpid(), begin_user_code()
    enter_user_code()
    try:
        yield
    except (Exception, GeneratorExit):
        raise
    except KeyboardInterrupt as error:
        if may_be_genuine():
            raise
        raise exit_of(error).with_traceback(error.__traceback__) from None
    except BaseException as error:
        raise exit_of(error).with_traceback(error.__traceback__) from None
    finally:
        end_if_forked(process)
        end_user_code(printed)
        leave_user_code()


def exit_of(error: BaseException) -> UserCodeExit:
    """The error that replaces the exception raised by user code."""
    text = " ".join(str(error).split())
    return UserCodeExit(f"{type(error).__name__}{f': {text}' if text else ''}")
