"""The type of object that each configuration group requires, checked before a user's function is called.

optimizer._target_=os.system        a function of Python's library: not called
optimizer._target_=mine.Trainer     a class that is not an Optimizer: not called
optimizer._target_=mine.rule        ``async def``, a generator, or annotated to return something else: not called
loss._target_=mine.nothing          called, and its return value is checked
"""

import inspect
import sys
from typing import Any, NamedTuple, get_type_hints

from optbench.config.user_code import describe_code, describe_returned
from optbench.errors import ConfigError


class Kind(NamedTuple):
    """The required return value of a group's target."""

    words: str
    module: str  # module of its class
    name: str  # name of its class; empty for a function


KINDS = {
    "optimizer": Kind("an optbench.optimizers.base.Optimizer(init, update)", "optbench.optimizers.base", "Optimizer"),
    "schedule": Kind("a function (step, total_steps) -> factor", "", ""),
    "wrapper": Kind("a function from a rule to a rule", "", ""),
    "dataset": Kind("an optbench.datasets.base.Dataset", "optbench.datasets.base", "Dataset"),
    "model": Kind("an optbench.models.base.Model", "optbench.models.base", "Model"),
    "loss": Kind("an optbench.losses.base.Loss", "optbench.losses.base", "Loss"),
    "regularizer": Kind("an optbench.regularizers.base.Regularizer", "optbench.regularizers.base", "Regularizer"),
    "tune": Kind("an optbench.spec.tuning.Tuning, or None", "optbench.spec.tuning", "Tuning"),
    "executor": Kind("a function that opens an executor", "", ""),
}


def check_target_kind(target: Any, group: str) -> None:
    """Raise ConfigError if a target cannot return what its group requires. The target is not called.

    Args:
        target: the object that ``_target_`` names.
        group: the configuration group; ``wrapper.NAME`` belongs to ``wrapper``.
    """
    kind = KINDS.get(group.partition(".")[0])
    received = None if kind is None or is_ours(target) else reason_against(target, kind)
    if kind is not None and received is not None:
        raise ConfigError(
            f"`{group}` must name a function that returns {kind.words}. Received: {received}. It was not called."
        )


def check_returned_kind(value: Any, group: str, target: Any) -> None:
    """Raise ConfigError unless the return value of a target is what its group requires."""
    kind = KINDS[group]
    if (group == "tune" and value is None) or is_of_kind(value, kind):
        return
    raise ConfigError(
        f"`{group}` must name a function that returns {kind.words}. Received: {describe_returned(value)} from "
        f"{describe_code(target)}. Correct the function."
    )


def is_of_kind(value: Any, kind: Kind) -> bool:
    """Whether a value is of the given kind."""
    return isinstance(value, class_of(kind)) if kind.name else callable(value)


def class_of(kind: Kind) -> Any:
    """The class of a kind. Its module may need TensorFlow."""
    return getattr(sys.modules.get(kind.module) or __import__(kind.module, fromlist=[kind.name]), kind.name)


def is_ours(target: Any) -> bool:
    """Whether a target belongs to optbench."""
    return str(getattr(target, "__module__", "")).startswith("optbench.")


def reason_against(target: Any, kind: Kind) -> str | None:
    """A description of a target that cannot return the required object; otherwise None."""
    name = describe_code(target)
    if is_of_python(target):
        return f"{name}, which is of Python's own library"
    if inspect.iscoroutinefunction(target) or inspect.isasyncgenfunction(target):
        return f"{name}, which is async def"
    if inspect.isgeneratorfunction(target):
        return f"{name}, which is a generator"
    if inspect.isclass(target):
        return f"the class {name}" if kind.name and not issubclass(target, class_of(kind)) else None
    declared = declared_return(target)
    if kind.name and inspect.isclass(declared) and not related(declared, class_of(kind), kind):
        return f"{name}, which returns {declared.__name__} by its annotation"
    return None


def is_of_python(target: Any) -> bool:
    """Whether a target is built in or belongs to the standard library."""
    module = str(getattr(target, "__module__", "") or "").partition(".")[0]
    return module in sys.stdlib_module_names and module != "__main__"


def declared_return(target: Any) -> Any:
    """The annotated return type of a function; None if there is none, or if it cannot be evaluated."""
    try:
        return get_type_hints(target).get("return")
    except (TypeError, NameError, ValueError, AttributeError):
        return None


def related(declared: type, needed: type, kind: Kind) -> bool:
    """Whether a value of the declared type may have the required type."""
    if kind.name == "Tuning" and declared is type(None):
        return True
    return issubclass(declared, needed) or issubclass(needed, declared)
