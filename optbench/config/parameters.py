"""The type, range and search space of a hyperparameter, read from the annotations of a signature.

    def adam(learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)], ...)
                                      type          range     where tuning looks

The signature is the only place that declares these. This module is plain Python: it checks a configuration before
TensorFlow traces anything.
"""

import copy
import difflib
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from optbench.config.casting import REFUSED, alternatives, cast, describe_type
from optbench.config.formatting import format_value as format_value
from optbench.errors import ConfigError

Node = dict[str, Any]  # a part of the configuration that names an object to build
TARGET = "_target_"


class Range(NamedTuple):
    """An interval of numbers. ``ends`` says which ends are included: ``"[)"`` is low <= value < high."""

    low: float = -math.inf
    high: float = math.inf
    ends: str = "[)"

    def holds(self, value: float) -> bool:
        """Whether ``value`` is in the interval. NaN is in no interval."""
        above = self.low <= value if self.ends[0] == "[" else self.low < value
        below = value <= self.high if self.ends[1] == "]" else value < self.high
        return above and below

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"at least {self.low:g}" if self.ends[0] == "[" else f"greater than {self.low:g}"
        return f"in {self.ends[0]}{self.low:g}, {self.high:g}{self.ends[1]}"


Positive = Range(0.0, math.inf, "()")
NonNegative = Range(0.0, math.inf, "[)")
AtLeastOne = Range(1, math.inf, "[)")


class Search(NamedTuple):
    """The search space of tuning: from ``low`` to ``high``, uniform in the logarithm if ``log``."""

    low: float
    high: float
    log: bool = False


class InName(NamedTuple):
    """Marks an argument whose value is part of a setting's name in every table, such as the class name of a library."""


class NamesCode(NamedTuple):
    """Marks an argument that is the dotted path of a function, or a list of such paths. Like the code of a target, the
    code of these functions is part of a run's identity."""


class OmitDefault(NamedTuple):
    """Marks an argument that was added to an item later. A node holds it only if it differs from its default, so that
    earlier runs keep their ids."""


Scalar = bool | int | float | str | None


class Parameter(NamedTuple):
    """One argument of a target as its signature declares it."""

    name: str
    hint: Any  # the type without Annotated
    ranges: tuple[Range, ...]
    search: Search | None
    in_name: bool
    default: Any  # inspect.Parameter.empty if there is no default
    names_code: bool = False
    omit_default: bool = False

    @property
    def is_float(self) -> bool:
        """Whether values are real numbers, which a program takes as tensors. Other values are part of the structure."""
        return float in alternatives(self.hint)

    @property
    def is_group(self) -> bool:
        """Whether the argument is a group of parameters that several items share."""
        return is_named_tuple(self.default)


def parameters(target: Callable[..., Any]) -> dict[str, Parameter]:
    """The arguments of ``target``, in order, as its signature declares them. The result is cached: do not modify it."""
    try:
        return _read_signature(target)
    except (TypeError, ValueError, NameError) as error:
        name = getattr(target, "__qualname__", target)
        raise ConfigError(f"`_target_`: the signature of {name} cannot be read: {error}. Name a function.") from None


@lru_cache(maxsize=512)
def _read_signature(target: Callable[..., Any]) -> dict[str, Parameter]:
    hints = get_type_hints(target, include_extras=True)
    signature = inspect.signature(target).parameters
    named = {
        name: given for name, given in signature.items() if given.kind not in (given.VAR_POSITIONAL, given.VAR_KEYWORD)
    }
    return {name: _parameter(name, hints.get(name, Any), given.default) for name, given in named.items()}


def check_arguments(
    target: Callable[..., Any], values: Mapping[str, Any], path: str, context: Iterable[str] = ()
) -> dict[str, Any]:
    """Return ``values`` cast to the types that ``target`` declares.

    Args:
        target: the function that will be called.
        values: its arguments by name, as in the configuration.
        path: of the node in the configuration, such as ``optimizer``, for messages.
        context: names of arguments that the caller will supply.

    Raises:
        ConfigError: an argument is unknown or missing, has the wrong type, or is out of range.
    """
    declared = {name: p for name, p in parameters(target).items() if name not in set(context)}
    for name in values:
        if name not in declared:
            raise ConfigError(unknown_name(f"`{dotted_path(path, name)}`", name, declared))
    missing = [n for n, p in declared.items() if n not in values and p.default is inspect.Parameter.empty]
    if missing:
        where = dotted_path(path, missing[0])
        raise ConfigError(f"`{where}` is needed and was not given. Add {where}=...")
    return {name: check_value(declared[name], value, path) for name, value in values.items()}


def unknown_name(what: str, given: str, known: Iterable[str]) -> str:
    """One line about a misspelled name: the name, the closest existing name, and all existing names."""
    names = sorted(known)
    near = difflib.get_close_matches(given, names, n=3, cutoff=0.5)
    near.sort(key=lambda name: sorted(name) != sorted(given))  # two transposed letters are the likeliest mistake
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"{what} does not exist.{hint} There is: {', '.join(names) or 'nothing'}."


def defaults(target: Callable[..., Any]) -> dict[str, Any]:
    """The optional arguments of ``target`` with their default values."""
    return {
        name: copy.copy(p.default)  # a separate list or dictionary for each caller
        for name, p in parameters(target).items()
        if p.default is not inspect.Parameter.empty
    }


def is_named_tuple(value: Any) -> bool:
    """Whether ``value`` is an instance of a ``NamedTuple``."""
    return isinstance(value, tuple) and hasattr(value, "_asdict")


def dotted_path(path: str, name: str) -> str:
    """The dotted path of ``name`` in the configuration."""
    return f"{path}.{name}" if path else name


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    hint, extras = annotation, list[Any]()
    if get_origin(annotation) is Annotated:
        hint, *extras = get_args(annotation)
    ranges = tuple(e for e in extras if isinstance(e, Range))
    search = next((e for e in extras if isinstance(e, Search)), None)
    in_name = any(isinstance(e, InName) for e in extras)
    names_code = any(isinstance(e, NamesCode) for e in extras)
    omit_default = any(isinstance(e, OmitDefault) for e in extras)
    return Parameter(name, hint, ranges, search, in_name, default, names_code, omit_default)


def check_value(parameter: Parameter, value: Any, path: str) -> Any:
    """Return ``value`` cast to the type of ``parameter``, of the node at ``path``.

    Raises:
        ConfigError: it has the wrong type, or is out of range.
    """
    where = f"`{dotted_path(path, parameter.name)}`"
    received = f"Received: {dotted_path(path, parameter.name)}={format_value(value)}."
    found = cast(parameter.hint, value)
    if found is REFUSED:
        raise ConfigError(f"{where} must be {describe_type(parameter.hint)}. {received}")
    for member in (*_members(value), *_members(found)):
        check_size(member, where, received)
    for member in _members(found):
        _check_number(parameter, member, where, received)
    return found


def check_size(value: Any, where: str, received: str) -> None:
    """Raise ConfigError if an integer does not fit into 64 bits."""
    if isinstance(value, int) and abs(value) >= 2**63:
        raise ConfigError(f"{where} must be a number below 2^63, about 9.2e18. {received}")


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _check_number(parameter: Parameter, value: Any, where: str, received: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    for allowed in parameter.ranges:
        if not allowed.holds(value):
            raise ConfigError(f"{where} must be {allowed}. {received}")
    if not math.isfinite(value):
        raise ConfigError(f"{where} must be a finite number. {received}")
