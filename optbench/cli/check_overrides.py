"""Reject, on one line each, overrides that Hydra would misinterpret or whose error message would be unclear.

-m optimizer=sgd optimizer=adam     two values for one group, of which Hydra uses the last
wrapper=[sam,sam]                   a duplicate wrapper, of which Hydra keeps one
optimizer=../optimizer/sgd          a path instead of a name
optimizer=[sgd]   ~optimizer        a group that needs one name
batches=[]                          a group of keys
learning_rate=range(0,0)            a sweep without values
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override
from hydra.errors import HydraException

from optbench.cli.arguments import CommandLine
from optbench.cli.expansion import PLAIN_NAME
from optbench.cli.user_yaml import check_folder
from optbench.config.items import conf_dir, read_yaml
from optbench.config.parameters import format_value
from optbench.errors import ConfigError

SINGLE = ("optimizer", "schedule", "dataset", "model", "loss", "regularizer", "executor", "tune")  # that take one name
WITHOUT = {"regularizer": "regularizer=none", "tune": "tune=none"}  # the choice that switches a group off
LISTS = ("wrapper", "diagnose")  # groups that take a list of names
GROUPS = (*SINGLE, "experiment", *LISTS)
GROUP_MEMBERS = {"wrapper": "wrapper", "diagnose": "diagnosis"}
FOLDER_FLAGS = ("--config-path", "--config-dir")
FUNCTION_FAILED = re.compile(r"\w+ while evaluating '.*?': (?P<why>.*?)\.?( See |$)")  # Hydra's wording
KEY = re.compile(r"[+~]*([\w./@]+)")


def check_overrides(line: CommandLine) -> None:
    """Raise ConfigError if an override of a command line cannot have its apparent meaning."""
    check_folders(line.flags)
    if line.config_dir is not None:
        check_folder(line.config_dir)
    check_repeated(line.overrides)
    for text in line.overrides:
        check_override(text)


def check_folders(flags: Iterable[str]) -> None:
    """Raise ConfigError if a configuration folder does not exist."""
    for flag, _, value in (each.partition("=") for each in flags):
        if flag in FOLDER_FLAGS and "://" not in value and not Path(value).is_dir():
            raise ConfigError(f"`{flag}` must be a folder that exists. Received: {flag} {value}. Correct the path.")


def check_repeated(overrides: Sequence[str]) -> None:
    """Raise ConfigError if a group is chosen twice, with different values."""
    chosen: dict[str, str] = {}
    for text in overrides:
        group, equals, value = text.partition("=")
        if not equals or group not in GROUPS:
            continue
        before = chosen.setdefault(group, value)
        if before != value:
            both = f"{group}={before},{value}"
            raise ConfigError(
                f"`{group}` must be given once. Received: {group}={before} and {group}={value}. "
                f"Leave one out, or sweep over both with -m {both}."
            )


def check_override(text: str) -> None:
    """Raise ConfigError if one override cannot have its apparent meaning. Hydra reports what cannot be parsed."""
    found = KEY.match(text)
    key = found[1] if found else ""
    if text.startswith("~"):
        check_deleted(key)
        return
    try:
        override = OverridesParser.create().parse_override(text)
    except HydraException as error:
        check_characters(key, text)
        check_function(str(error), text)
        return
    if not override.key_or_group:
        raise ConfigError(f"`{text}` has no key. Write key=value or group=choice.")
    values = values_of(override, text)
    for value in values:
        if key in SINGLE:
            check_choice(key, value)
        elif key == "experiment":
            check_name(key, value)
        elif key in LISTS:
            check_list(key, value)
        elif key in groups_of_keys():
            check_group_of_keys(key, value)


def check_characters(key: str, text: str) -> None:
    """Raise ConfigError if an override that cannot be parsed contains characters that need quotes, such as emoji."""
    if not text.isascii() and not PLAIN_NAME.fullmatch(text):
        quoted = f"'{key}=\"{text.partition('=')[2]}\"'"
        raise ConfigError(f"`{text}` has characters that need quotes. Write {quoted}.")


def check_function(message: str, text: str) -> None:
    """Raise ConfigError if a function in an override has invalid arguments, as in ``range(1,a)``."""
    found = FUNCTION_FAILED.search(" ".join(message.split()))
    if found:
        raise ConfigError(f"`{text}` cannot be read: {found['why']}. Correct what is in parentheses.")


def check_deleted(key: str) -> None:
    """Raise ConfigError if a group that every run needs is deleted."""
    if key in SINGLE:
        advice = WITHOUT.get(key, f"{key}=NAME")
        raise ConfigError(f"`{key}` cannot be taken away. Received: ~{key}. Write {advice}.")


def values_of(override: Override, text: str) -> list[Any]:
    """The values of an override, several for a sweep; ConfigError if a sweep has none."""
    if not override.is_sweep_override():
        return [override.value()]
    if not override.is_discrete_sweep() or isinstance(override.value(), Glob):  # Hydra expands globs later
        return []
    values = list(override.sweep_iterator())
    if not values:
        raise ConfigError(f"`{override.key_or_group}` must have a value. Received: {text}, which has none.")
    return values


def check_choice(group: str, value: Any) -> None:
    """Raise ConfigError unless the choice of a group is one name."""
    if isinstance(value, list | dict) or value is None:
        advice = WITHOUT.get(group) if value is None else None
        example = advice or (f"{group}={value[0]}" if isinstance(value, list) and len(value) == 1 else f"{group}=NAME")
        raise ConfigError(
            f"`{group}` takes one name, that of a file of conf/{group}. Received: {group}={format_plain(value)}. "
            f"Write {example}."
        )
    check_name(group, value)


def format_plain(value: Any) -> str:
    """A value as it is written on the command line, with list members unquoted."""
    return f"[{','.join(map(str, value))}]" if isinstance(value, list) else format_value(value)


def check_name(group: str, value: Any) -> None:
    """Raise ConfigError if the choice of a group is a path."""
    text = str(value)
    if text.startswith("/") or ".." in text.split("/"):
        raise ConfigError(
            f"`{group}` takes the name of a file of conf/{group}, not a path. Received: {group}={text}. "
            f"Write {group}={Path(text).stem}; files of your own are found with --config-dir."
        )


def check_list(group: str, value: Any) -> None:
    """Raise ConfigError if a list of choices of a group contains a duplicate."""
    names = [str(each) for each in value] if isinstance(value, list) else []
    if isinstance(value, list) and any(isinstance(each, list | dict) for each in value):
        raise ConfigError(
            f"`{group}` takes a list of names, of files of conf/{group}. Received: {group}={format_plain(value)}. "
            f"Write {group}=[NAME]; files of your own are found with --config-dir."
        )
    for name in names:
        check_name(group, name)
        if names.count(name) > 1:
            raise ConfigError(
                f"`{group}` must name each {GROUP_MEMBERS[group]} once. Received: {group}=[{','.join(names)}]. "
                f"Leave one {name} out."
            )


def groups_of_keys() -> dict[str, dict[str, Any]]:
    """The keys of conf/config.yaml that contain further keys: ``batches``, ``eval``, ``report``, ..."""
    whole = read_yaml(conf_dir() / "config.yaml")
    return {k: v for k, v in whole.items() if isinstance(v, dict) and v and k != "hydra"}


def check_group_of_keys(group: str, value: Any) -> None:
    """Raise ConfigError unless the value of a group of keys is a mapping. ``target=null`` means no target."""
    if isinstance(value, dict) or (group == "target" and value is None):
        return
    names = ", ".join(f"{group}.{name}" for name in groups_of_keys()[group])
    raise ConfigError(f"`{group}` is a group of keys: {names}. Received: {group}={format_value(value)}.")
