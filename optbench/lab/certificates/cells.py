"""The certificates in a few words each, kept in ``certificates.json`` for tables."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optbench.errors import ConfigError
from optbench.lab.certificates.found import Measured, largest
from optbench.lab.certificates.verdict import cells_of, verdict


def certificate_cells(path: Path) -> dict[str, str]:
    """For each rule its certificate in a few words, such as ``same as Keras, Optax; PyTorch: eps``.

    Args:
        path: of a ``certificates.json``, as ``python -m optbench.crosscheck`` writes it.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf8"))["cells"]
        return {str(rule): str(cell) for rule, cell in cells.items()}
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())
        raise ConfigError(f"{path} cannot be read: {why}. Write it with `make certificates`.") from None


def as_json(rules: list[str], measured: Measured) -> str:
    """What ``certificates.json`` holds."""
    content = {
        "steps": measured.steps,
        "versions": dict(measured.versions),
        "cells": dict(cells_of(rules, measured.found)),
        "found": {rule: in_numbers(rule, measured) for rule in rules},
    }
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def in_numbers(rule: str, measured: Measured) -> Mapping[str, Any]:
    """By library the verdict and the largest differences of a rule."""
    return {
        f.library: {
            "verdict": verdict(f).kind,
            "same": f"{largest(f.same):.0e}",
            **({"equal": f"{largest(f.equal):.0e}"} if f.equal else {}),
        }
        for f in measured.found
        if f.rule == rule
    }
