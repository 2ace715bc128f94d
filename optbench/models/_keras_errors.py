"""What Keras says when a layer fails, on one line: the reason, the layer, and the place in the user's file."""

import re
import traceback
from pathlib import Path

from optbench.config.user_code import is_users
from optbench.errors import describe_error

FRAMED = re.compile(  # Keras's frame around what a layer raised
    r"Exception encountered when calling (?P<layer>.+?)\(\)\..*?\x1b\[1m(?P<reason>.*?)\x1b\[0m", re.DOTALL
)


def describe_keras_error(error: BaseException) -> str:
    """Any error that a Keras model raised, on one line, with the place in the user's file where it happened."""
    framed = FRAMED.search(str(error))
    if framed:
        reason = " ".join(framed["reason"].split()).rstrip(".")
        text = f"{type(error).__name__} in {framed['layer'].removesuffix('.call')}: {reason}"
    else:
        text = describe_error(error).rstrip(".")
    return f"{text}{place_of(error)}"


def framed_reason(error: BaseException) -> str:
    """The text of an error, without the frame that Keras puts around it."""
    framed = FRAMED.search(str(error))
    return " ".join(framed["reason"].split()) if framed else str(error)


def place_of(error: BaseException) -> str:
    """Where in the user's code an error was raised, in words; empty where it was nowhere there."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_users(f.filename)]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
