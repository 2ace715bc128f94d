"""Check that the numbers of a job are small enough to count with, and representable in its precision.

learning_rate=1e39     infinite in float32
eps=1e-46              zero in float32
b2=0.99999999          1 in float32, which is out of range
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from optbench.config.build import is_node, locate
from optbench.config.parameters import TARGET, Node, Parameter, format_value, parameters
from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblem
from optbench.runtime.memory import check_fits
from optbench.spec.job import JobSpec
from optbench.spec.run import Setting

MOST_STEPS = 2**31 - 1  # steps are counted in int32
OF_A_SETTING = ("optimizer", "schedule", "wrapper", "groups")  # its integers are compared with steps
RUN_BYTES = 1000  # bytes of a run in a plan, at least


def check_counts(seeds: int, trials: int) -> None:
    """Raise ConfigError if a job has so many runs that their plan does not fit into memory.

    Args:
        seeds: number of runs of a setting.
        trials: number of runs of all trials.
    """
    key = "tune.trials" if trials > seeds else "seeds"
    count = max(seeds, trials)
    check_fits(RUN_BYTES * count, f"The plan of {count:,} runs", f"{key}={count}", f"Choose fewer with {key}=...")


def check_length(spec: JobSpec, built: BuiltProblem) -> None:
    """Raise ConfigError if a run has more steps than can be counted."""
    total, budget = built.total_steps, spec.problem.budget
    if total <= MOST_STEPS:
        return
    received = f"epochs={budget.epochs}" if budget.steps is None else f"steps={budget.steps}"
    raise ConfigError(
        f"A run must have at most {MOST_STEPS:,} steps. Received: {received}, which is {total:.3g} steps of "
        f"{built.batch_size} examples on {built.dataset.name}. Choose fewer."
    )


def check_precision(spec: JobSpec) -> None:
    """Raise ConfigError unless the job's precision can represent the numbers of its setting, trials and problem."""
    problem = spec.problem
    check_nodes({group: problem.nodes[group] for group in ("model", "loss", "regularizer")}, problem.dtype)
    for setting in (spec.setting, *spec.trials):
        check_setting(setting, problem.dtype)


def check_setting(setting: Setting, precision: str) -> None:
    """Raise ConfigError unless a precision can represent the numbers of a setting."""
    check_nodes(setting.nodes, precision)


def check_nodes(nodes: Mapping[str, Node], precision: str) -> None:
    """Raise ConfigError unless a precision can represent the numbers of all nodes."""
    for path, node in nodes.items():
        for where, parameter, value in numbers_of(node, path):
            check_held(where, parameter, value, precision)


def numbers_of(node: Node, path: str) -> Iterator[tuple[str, Parameter, Any]]:
    """Each number of a node and its nested nodes: its path, its declaration in the signature, and its value."""
    declared = parameters(locate(node[TARGET]))
    for name, value in node.items():
        where = f"{path}.{name}"
        inner = [(where, value)] if is_node(value) else list_of_nodes(where, value)
        for place, each in inner:
            yield from numbers_of(each, place)
        if name in declared and not inner:
            for member in value if isinstance(value, list) else [value]:
                if isinstance(member, int | float) and not isinstance(member, bool):
                    yield display_path(where, path), declared[name], member


def list_of_nodes(where: str, value: Any) -> list[tuple[str, Node]]:
    """The nodes of a list, each with its path; empty if ``value`` is not a list of nodes."""
    if not isinstance(value, list):
        return []
    return [(f"{where}.{place}", each) for place, each in enumerate(value) if is_node(each)]


def display_path(where: str, path: str) -> str:
    """The path of a number as a user writes it: wrappers are named, not numbered."""
    return where.replace("groups.groups.", "optimizer.groups.") if path.startswith("groups") else where


def check_held(where: str, parameter: Parameter, value: Any, precision: str) -> None:
    """Raise ConfigError if a number is infinite, zero or out of range after rounding to a precision."""
    if isinstance(value, int):
        if parameter.is_float:
            value = float(value)
        elif abs(value) > MOST_STEPS and where.split(".")[0] in OF_A_SETTING:
            raise ConfigError(
                f"`{where}` must be at most {MOST_STEPS}, since steps are counted in int32. "
                f"Received: {where}={format_value(value)}."
            )
    if not parameter.is_float or not isinstance(value, float):
        return
    kind = np.dtype(precision).type
    limits = np.finfo(kind)
    with np.errstate(over="ignore", under="ignore"):
        held = float(kind(value))
    if abs(held) > float(limits.max):
        nearest = np.copysign(float(limits.max), value)
    elif value != 0 and abs(held) < float(limits.tiny):
        nearest = np.copysign(float(limits.tiny), value)
    elif not all(allowed.holds(held) for allowed in parameter.ranges):
        nearest = float(np.nextafter(kind(held), kind(-np.inf if held > value else np.inf)))
    else:
        return
    text = str(kind(nearest))
    other = " Or take precision=float64." if precision == "float32" and fits_double(value) else ""
    raise ConfigError(
        f"`{where}` must be a number that {precision} holds. Received: {where}={format_value(value)}, which is "
        f"{format_value(held if abs(held) >= float(limits.tiny) else 0.0)} in {precision}. "
        f"The nearest one is {text}.{other}"
    )


def fits_double(value: float) -> bool:
    """Whether float64 represents a number with full precision."""
    return value == 0 or abs(value) >= float(np.finfo(np.float64).tiny)
