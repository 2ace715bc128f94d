"""Packages that only exports need."""

from importlib import import_module
from typing import Any

from optbench.errors import ConfigError


def import_extra(module: str, extra: str) -> Any:
    """Import a module of an optional package.

    Args:
        module: its dotted name.
        extra: the extra of optbench that installs it.

    Raises:
        ConfigError: the package is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigError(
            f"`--to {extra}` needs a package that cannot be imported ({error}). Run pip install 'optbench[{extra}]'."
        ) from None
