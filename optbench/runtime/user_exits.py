"""What user code raises to end the program ends a run, not the program.

``sys.exit(0)`` in a rule would pass every handler and end the study with exit code 0, as would any exception that is no
``Exception``. :func:`contained` turns it into an error like any other. Ctrl-C stays what it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from optbench.errors import UserCodeExit
from optbench.runtime.interrupts import may_be_genuine


@contextmanager
def contained() -> Iterator[None]:
    """Run user code.

    Raises:
        UserCodeExit: it raised SystemExit, KeyboardInterrupt without Ctrl-C, or another exception that is no
            ``Exception``.
    """
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


def exit_of(error: BaseException) -> UserCodeExit:
    """The error that stands for what user code raised."""
    text = " ".join(str(error).split())
    return UserCodeExit(f"{type(error).__name__}{f': {text}' if text else ''}")
