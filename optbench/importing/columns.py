"""Determine what each column of a table is: a role, a metric, a hyperparameter, or ignored."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pandas as pd

from optbench.config.parameters import unknown_name
from optbench.importing.cells import has_numbers
from optbench.importing.names import (
    ROLES,
    MetricName,
    direction_by_name,
    known_hyperparameter,
    normalize,
    parse_metric,
    strip_prefix,
)
from optbench.importing.tables import ImportOptions, list_names, refuse
from optbench.spec.decide_by import SELECTION_ORDER
from optbench.spec.metrics import Declared

LONG = ("metric", "value")


@dataclass
class TableColumns:
    """The meaning of the columns of a table."""

    roles: dict[str, str] = field(default_factory=dict)  # the column of each role
    metrics: dict[str, MetricName] = field(default_factory=dict)  # of a wide table, by column
    hyperparameters: dict[str, str] = field(default_factory=dict)  # by column, the name in tables
    unknown: list[str] = field(default_factory=list)  # the other columns, in order
    notes: list[str] = field(default_factory=list)

    @property
    def is_long(self) -> bool:
        """Whether a row has one value, with the metric's name in a column."""
        return all(role in self.roles for role in LONG)

    @property
    def is_curve(self) -> bool:
        """Whether values have a step or an epoch."""
        return "step" in self.roles or "epoch" in self.roles


def find_columns(frame: pd.DataFrame, options: ImportOptions, declared: Declared) -> TableColumns:
    """Determine the columns of a table by their names, or by the user's options.

    Args:
        frame: the table.
        options: the options of the user.
        declared: metrics that the source declares.

    Raises:
        ConfigError: the user names a column or a role that does not exist, or no column contains results.
    """
    names = [str(name) for name in frame.columns]
    found = TableColumns()
    take_named(found, names, options)
    free = [name for name in names if name not in taken(found) and name not in options.ignore]
    for role, known in ROLES.items():
        if role not in found.roles:
            take_role(found, role, known, free)
    if not found.is_long:
        found.roles = {role: name for role, name in found.roles.items() if role not in LONG or role in options.columns}
    free = [name for name in free if name not in taken(found)]
    directions = {*declared, *(parse_metric(name).metric for name in (*options.minimize, *options.maximize))}
    for name in free:
        take_other(found, name, frame[name], directions)
    if not found.is_long and not found.metrics:
        raise refuse(
            "No column is a metric whose direction is known (loss, error, accuracy, score, ...). "
            f"Received the columns: {list_names(names)}. Name one with --minimize COLUMN or --maximize COLUMN."
        )
    return found


def take_named(found: TableColumns, names: Sequence[str], options: ImportOptions) -> None:
    """Assign the columns that the user names."""
    for role, name in options.columns.items():
        if name not in names:
            raise refuse(f"--map {role}={name}: {unknown_name('the column', name, list(names))}")
        split, _, metric = role.partition(".")
        if role in ROLES:
            found.roles[role] = name
        elif split in SELECTION_ORDER and metric.isidentifier():
            found.metrics[name] = MetricName(split, metric)
        else:
            known = [*ROLES, "train.METRIC", "valid.METRIC", "test.METRIC"]
            raise refuse(f"--map {role}={name}: a column can be {', '.join(known)}. Received: {role}.")
    for option, given in {"--hyperparameters": options.hyperparameters, "--ignore": options.ignore}.items():
        for name in given:
            if name not in names and (option != "--ignore" or not is_long_table(found, names)):
                raise refuse(f"{option} {name}: {unknown_name('the column', name, list(names))}")
    found.hyperparameters |= {name: known_hyperparameter(name) or normalize(name) for name in options.hyperparameters}


def is_long_table(found: TableColumns, names: Sequence[str]) -> bool:
    """Whether a table seems to be long, before all roles are known."""
    words = {normalize(name) for name in names}
    return all(role in found.roles or words & set(ROLES[role]) for role in LONG)


def taken(found: TableColumns) -> set[str]:
    """The columns whose meaning is known."""
    return {*found.roles.values(), *found.metrics, *found.hyperparameters}


def take_role(found: TableColumns, role: str, known: Sequence[str], free: Sequence[str]) -> None:
    """Assign the column of a role by its name, with a note if the name differs from the role."""
    by_name: dict[str, str] = {}
    for name in free:
        by_name.setdefault(normalize(name), name)
    match = next((by_name[word] for word in known if word in by_name), None)
    if match is not None and match not in taken(found):
        found.roles[role] = match
        if normalize(match) != role:
            found.notes.append(f"{role} = column {match}")


def take_other(found: TableColumns, name: str, column: pd.Series, directed: Collection[str]) -> None:
    """Determine whether a column is a hyperparameter or a metric."""
    hyperparameter = strip_prefix(name) or known_hyperparameter(name)
    metric = parse_metric(name)
    is_known = metric.metric in directed or direction_by_name(metric.metric) is not None
    if hyperparameter is not None:
        found.hyperparameters[name] = hyperparameter
    elif not found.is_long and is_known and has_numbers(column):
        found.metrics[name] = metric
    else:
        found.unknown.append(name)
