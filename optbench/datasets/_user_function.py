"""Call a user's function that returns data, with the user's keywords. Its exceptions are reported on one line."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from optbench.config.user_code import describe_raised, import_code
from optbench.errors import ConfigError, OptbenchError
from optbench.runtime.user_exits import contained

KEY = "dataset.load"


def call_load(name: str | None, keywords: Mapping[str, Any]) -> Any:
    """The return value of the function named by ``dataset.load``.

    Args:
        name: package.module.function.
        keywords: the arguments of the function.

    Raises:
        ConfigError: there is no such function, it does not accept these arguments, or it raises an exception other than
            KeyboardInterrupt.
    """
    if not name:
        raise ConfigError(
            f"`{KEY}` must name a function that returns data. Received: {KEY}=null. Add {KEY}=package.module.function; "
            "a file data.py in the working directory is the module `data`."
        )
    function = import_code(KEY, name)
    check_keywords(function, name, keywords)
    try:
        with contained():
            return function(**keywords)
    except OptbenchError:
        raise
    except Exception as error:  # a user's function may raise any exception
        raise ConfigError(
            f"`{KEY}` must return data. Received: {describe_raised(function, error)}. Correct the function."
        ) from None


def check_keywords(function: Callable[..., Any], name: str, keywords: Mapping[str, Any]) -> None:
    """Raise unless a function can be called with these keywords."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # a builtin without a signature reports wrong arguments itself
    try:
        signature.bind(**keywords)
    except TypeError as error:
        raise ConfigError(
            f"`{KEY}={name}` cannot be called: {error}. Received: {name.rpartition('.')[2]}{signature}. "
            "Give its arguments as dataset.keywords={name: value}, or give them defaults."
        ) from None
