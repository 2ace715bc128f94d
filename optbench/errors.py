"""The exceptions of optbench, as a tree. A user's mistake raises one of these and is shown on one line.

OptbenchError
├── ConfigError      a wrong value, name or combination in the configuration or in arguments; a ValueError
├── RuleError        an optimizer was handed gradients that do not fit its parameters
├── StoreError       results on disk are missing or cannot be read
└── ClockError       a timed window did not do the work it was asked to do

UserCodeExit stands beside them: what user code raised to end the program, which is handled as an error of that code.
"""


class OptbenchError(Exception):
    """Root of every error that optbench raises on purpose; its text is one line for the user."""


class ConfigError(OptbenchError, ValueError):
    """The configuration, or an argument, asks for something that does not exist or cannot be."""


class RuleError(OptbenchError):
    """An update rule was handed gradients that do not fit its parameters."""


class StoreError(OptbenchError):
    """Results on disk are missing or cannot be read."""


class UserCodeExit(Exception):
    """User code raised what would end the program; the text is the type and the message of that."""


class ClockError(OptbenchError):
    """A timed window did not do the work it was asked to do, so its time means nothing."""


def describe_error(error: BaseException) -> str:
    """Any error on one line: type and message, without the traceback and advice that TensorFlow puts around them."""
    if isinstance(error, UserCodeExit):
        return str(error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or ["no message"]
    if lines[0] == "in user code:":  # TensorFlow's frame around what a traced function raised; the error stands last
        return lines[-1]
    return f"{type(error).__name__}: {lines[0].partition(' You can attempt the following')[0]}"
