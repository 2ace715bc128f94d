"""Keras's message about a failing layer, on one line: the reason, the layer, and the location in the user's file."""

import re
import traceback
from pathlib import Path

from optbench.config.user_code import is_users
from optbench.errors import describe_error

FRAMED = re.compile(  # Keras's frame around an exception of a layer
    r"Exception encountered when calling (?P<layer>.+?)\(\)\..*?\x1b\[1m(?P<reason>.*?)\x1b\[0m", re.DOTALL
)


def describe_keras_error(error: BaseException) -> str:
    """Describe any exception of a Keras model on one line, with its location in the user's file."""
    framed = FRAMED.search(str(error))
    if framed:
        reason = " ".join(framed["reason"].split()).rstrip(".")
        text = f"{type(error).__name__} in {framed['layer'].removesuffix('.call')}: {reason}"
    else:
        text = describe_error(error).rstrip(".")
    return f"{text}{place_of(error)}"


def framed_reason(error: BaseException) -> str:
    """The message of an error, without the frame that Keras adds."""
    framed = FRAMED.search(str(error))
    return " ".join(framed["reason"].split()) if framed else str(error)


def place_of(error: BaseException) -> str:
    """The location in the user's code of an exception, in words; empty if it was raised elsewhere."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_users(f.filename)]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
