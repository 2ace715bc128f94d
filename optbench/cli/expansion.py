"""Expand short forms that users may write into what Hydra accepts, in one pass over the overrides.

    experiment=suite_small     experiment=iris_softmax,rosenbrock,...   a suite
    dataset.limit=100          ++dataset.limit=100                      a key that no YAML file lists
    optimizer.eps=1e-6         optimizer.eps=choice(1e-6)               a value inside a group, in a sweep
    name=45e1234               name='45e1234'                           a name that looks like a number

Hydra rejects a key that a YAML file does not list. The files of ``dataset``, ``model`` and ``tune.space`` do not list
all valid keys: ``dataset.limit`` is short for ``dataset.subset.limit``. ``optimizer.groups`` is valid for every
optimizer. :func:`optbench.config.build.check` checks them.

Hydra merges plain values into the default configuration before it expands a sweep. It would reject
``optimizer=adam,rmsprop optimizer.eps=1e-6``, because the default optimizer has no ``eps``. Therefore a value inside a
group is written as a sweep over one value.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser

from optbench.cli.arguments import CommandLine
from optbench.cli.suites import expand_suites, is_experiment
from optbench.config.items import conf_dir

INSIDE_AN_ITEM = re.compile(r"((dataset|model|tune\.space)\.[\w.]+|optimizer\.groups)=")
# The name of a study: as a number, 45e1234 would be infinite and 1.10 would be 1.1. Hydra needs quotes for emoji.
PLAIN_NAME = re.compile(r"name=(?:[\w.+-]|[^\x00-\x7f])+")
INSIDE_A_GROUP = re.compile(r"(optimizer|schedule|wrapper|loss|regularizer|tune)\.[\w.]+=.")


def expand(line: CommandLine) -> CommandLine:
    """Return the command line with its overrides in the form that Hydra accepts.

    Raises:
        ConfigError: a suite is used without ``-m``, or is not a list of names.
        OverrideParseException: a value inside a group that Hydra cannot read.
    """
    folders = [conf_dir(), *([line.config_dir] if line.config_dir else [])]
    expanded = expand_overrides(line.overrides, folders, line.multirun)
    if line.multirun:
        expanded = [as_sweep(override) for override in expanded]
    return replace(line, overrides=tuple(expanded))


def expand_overrides(overrides: Sequence[str], folders: Sequence[Path], multirun: bool) -> list[str]:
    """Expand suites and keys that no YAML file lists.

    Args:
        overrides: overrides as a user writes them.
        folders: the folders of the configuration, in the order in which Hydra searches them.
        multirun: whether they belong to a sweep, which suites require.
    """
    return [expand_override(override, folders, multirun) for override in overrides]


def expand_override(override: str, folders: Sequence[Path], multirun: bool) -> str:
    """Expand one override. See :func:`expand_overrides`."""
    if is_experiment(override):
        return expand_suites(override, folders, multirun)
    if PLAIN_NAME.fullmatch(override):
        return "name='{}'".format(override.partition("=")[2])
    return f"++{override}" if INSIDE_AN_ITEM.match(override) else override


def describe_override(override: str) -> str:
    """Return an override as a user writes it, that is, without ``++`` for a key that no YAML file lists."""
    if override.startswith("name='"):
        return f"name={override[6:-1]}"
    return override.removeprefix("++") if INSIDE_AN_ITEM.match(override.removeprefix("++")) else override


def as_sweep(override: str) -> str:
    """Return a plain value inside a group as a sweep over one value, and every other override unchanged."""
    if not INSIDE_A_GROUP.match(override) or OverridesParser.create().parse_override(override).is_sweep_override():
        return override
    key, _, value = override.partition("=")
    return f"{key}=choice({value})"
