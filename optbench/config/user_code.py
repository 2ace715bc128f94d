"""Import the user's functions by dotted path, and describe on one line what they raise or return.

import_code("loss.function", "my_package.losses.f")     the function; ConfigError if there is none
describe_code(f)                                        my_package.losses.f (losses.py, line 12)
describe_raised(f, error)                               the same, with the exception and its line
"""

import importlib
import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from optbench.config.mathematics import is_of_library
from optbench.config.parameters import format_value
from optbench.config.session_objects import find, is_session_path
from optbench.errors import ConfigError, describe_error
from optbench.runtime.user_exits import contained

PACKAGE = Path(__file__).resolve().parent.parent


def import_code(key: str, path: str, form: str = "package.module.function") -> Callable[..., Any]:
    """Import the object at ``path``, ``package.module.function``.

    Args:
        key: the configuration key, such as ``loss.function``, for messages.
        path: dotted path.
        form: the required form of the value, for messages.

    Raises:
        ConfigError: there is no such module, or it has no callable of this name.
    """
    if is_session_path(path):
        return find(path).value  # type: ignore[no-any-return]
    module_name, _, name = path.rpartition(".")
    advice = f"Write {key}={form}."
    if not module_name:
        raise ConfigError(f"`{key}` must be a dotted path. Received: {key}={path}. {advice}")
    try:
        with contained():
            found = getattr(importlib.import_module(module_name), name)
    except Exception as error:  # a module may raise any exception on import
        raise ConfigError(f"`{key}={path}` cannot be imported: {describe_error(error)}. {advice}") from None
    if not callable(found):
        raise ConfigError(f"`{key}={path}` must be a function. Received: {type(found).__name__}. {advice}")
    if what := asynchronous(found):
        raise ConfigError(f"`{key}={path}` must be an ordinary function. Received: {what}. {advice}")
    return found  # type: ignore[no-any-return]


def asynchronous(code: Any) -> str:
    """Describe a function whose call does not run it: a coroutine or a generator. Empty for an ordinary function."""
    if inspect.iscoroutinefunction(code) or inspect.isasyncgenfunction(code):
        return f"{describe_code(code)}, which is async def"
    return f"{describe_code(code)}, which is a generator" if inspect.isgeneratorfunction(code) else ""


def describe_code(code: Any) -> str:
    """The name of a function or class, with the file and line of its definition if they are known."""
    code = code if inspect.isroutine(code) or inspect.isclass(code) else type(code)
    name = f"{getattr(code, '__module__', '')}.{getattr(code, '__qualname__', code)}"
    try:
        file, (_, line) = inspect.getsourcefile(code), inspect.getsourcelines(code)
    except (TypeError, OSError):
        return name
    return f"{name} ({Path(str(file)).name}, line {max(line, 1)})"


def describe_raised(code: Any, error: BaseException) -> str:
    """The exception that ``code`` raised, on one line, with the file and line in the user's code."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_users(f.filename)]
    where = f" at {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{describe_code(code)} raised {describe_error(error).rstrip('.')}{where}"


def describe_returned(value: Any) -> str:
    """A return value in a few words: its type, and its shape or value."""
    shape = getattr(value, "shape", None)
    if value is None:
        return "None"
    if shape is not None:
        return f"{type(value).__name__} of shape {format_shape(shape)}"
    text = format_value(value) if isinstance(value, bool | int | float | str) else ""
    return f"{type(value).__name__} {text[:40]}".strip()


def format_shape(shape: Any) -> str:
    """A shape as text: ``(32, 10)``."""
    return str(tuple(None if size is None else int(size) for size in shape))


def is_users(file: str) -> bool:
    """Whether a source file belongs to the user, not to optbench, a library or Python itself."""
    path = Path(file)
    return not path.is_relative_to(PACKAGE) and not is_of_library(path) and not file.startswith("<")
