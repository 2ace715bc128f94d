"""Summaries of the certificates in a few words each, as in ``certificates.json``, for tables."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optbench.errors import ConfigError
from optbench.lab.certificates.comparison import CrossCheck, largest
from optbench.lab.certificates.verdict import format_cells, judge


def certificate_cells(path: Path) -> dict[str, str]:
    """The summary of each rule's certificate, such as ``same as Keras, Optax; PyTorch: eps``.

    Args:
        path: the path of a ``certificates.json``, as written by ``python -m optbench.crosscheck``.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf8"))["cells"]
        return {str(rule): str(cell) for rule, cell in cells.items()}
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())
        raise ConfigError(f"{path} cannot be read: {why}. Write it with `make certificates`.") from None


def format_json(rules: list[str], cross_check: CrossCheck) -> str:
    """The content of ``certificates.json``."""
    content = {
        "steps": cross_check.steps,
        "versions": dict(cross_check.versions),
        "cells": dict(format_cells(rules, cross_check.comparisons)),
        "found": {rule: summarize_rule(rule, cross_check) for rule in rules},
        "groups": summarize_groups(cross_check),
    }
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def summarize_rule(rule: str, cross_check: CrossCheck) -> Mapping[str, Any]:
    """The verdict and the largest differences of a rule, by library and variant."""
    return {
        c.reference.label: {
            "verdict": judge(c).kind,
            "same": f"{largest(c.same):.0e}",
            **({"equal": f"{largest(c.equal):.0e}"} if c.equal else {}),
        }
        for c in cross_check.comparisons
        if c.rule == rule
    }


def summarize_groups(cross_check: CrossCheck) -> Mapping[str, Mapping[str, Any]]:
    """The verdict and the largest difference of each setting with parameter groups, by library."""
    found: dict[str, dict[str, Any]] = {}
    for c in cross_check.groups:
        verdict = "same" if c.is_same else "unexplained"
        found.setdefault(c.setting.name, {})[c.library] = {"verdict": verdict, "same": f"{largest(c.same):.0e}"}
    return found
