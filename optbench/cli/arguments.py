"""The arguments of the command line, rewritten into what Hydra accepts and back into what the user typed."""

import re
import shlex
from collections.abc import Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser

INSIDE_AN_ITEM = re.compile(r"(dataset|model|tune\.space)\.[\w.]+=")
INSIDE_A_GROUP = re.compile(r"(optimizer|schedule|wrapper|dataset|model|loss|regularizer)\.[\w.]+=.")


def command_line(arguments: Sequence[str]) -> str:
    """The command that repeats this one."""
    return "python -m optbench " + shlex.join(arguments)


def flags_first(arguments: Sequence[str]) -> list[str]:
    """The same command line with overrides behind flags, for argparse takes overrides from one place only."""
    overrides = [a for a in arguments if not a.startswith("-") and ("=" in a or a.startswith("~"))]
    return [*(a for a in arguments if a not in overrides), *overrides]


def add_inner_keys(arguments: Sequence[str]) -> list[str]:
    """Write ``dataset.<name>=...`` as ``++dataset.<name>=...``, and so the keys of ``model`` and ``tune.space``.

    Hydra refuses a key that a YAML file does not list. Of these groups the files do not list every key that may be
    given: ``dataset.limit`` is short for ``dataset.subset.limit``. :func:`optbench.config.build.check` judges them.
    """
    return [f"++{argument}" if INSIDE_AN_ITEM.match(argument) else argument for argument in arguments]


def describe_override(override: str) -> str:
    """Return an override as a user writes it: the inverse of :func:`add_inner_keys`."""
    return override.removeprefix("++") if INSIDE_AN_ITEM.match(override.removeprefix("++")) else override


def values_as_sweeps(arguments: Sequence[str]) -> list[str]:
    """In a sweep, a value inside a group as a sweep of one.

    Hydra merges plain values into the default configuration before it looks at the jobs, and would refuse
    ``optimizer=adam,rmsprop optimizer.eps=1e-6`` because the default optimizer has no ``eps``.
    """
    if not {"-m", "--multirun"} & set(arguments):
        return list(arguments)
    parser = OverridesParser.create()

    def as_sweep(argument: str) -> str:
        """A plain value as a sweep of one."""
        if not INSIDE_A_GROUP.match(argument) or parser.parse_override(argument).is_sweep_override():
            return argument
        key, _, value = argument.partition("=")
        return f"{key}=choice({value})"

    return [as_sweep(argument) for argument in arguments]
