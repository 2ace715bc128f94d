"""The columns that several CSV tables of a report share, and the type of such a table."""

from collections.abc import Sequence
from typing import NamedTuple

from optbench.results.schemas import (
    CURVE_COLUMNS,
    INT,
    LABEL_COLUMNS,
    RUN_COLUMNS,
    TEXT,
    TIMING_COLUMNS,
    Column,
)
from optbench.spec.splits import SPLIT_SEED

RUN = {column.name: column for column in (*RUN_COLUMNS, *LABEL_COLUMNS)}
CURVE = {column.name: column for column in CURVE_COLUMNS}
TIMING = {column.name: column for column in TIMING_COLUMNS}
SETTING = (RUN["problem"], RUN["setting"], RUN["optimizer"])
METRIC = (CURVE["split"], CURVE["metric"])
CONTENDER = Column("contender", TEXT, "", "The optimizer, or the setting in a study of one optimizer.")
SPLIT = Column(SPLIT_SEED, INT, "", "Seed of the split of the data. Only in studies with several splits of a problem.")


class CsvTable(NamedTuple):
    """A CSV file of the report."""

    name: str  # stem of the file
    rows: str  # description of the rows
    columns: Sequence[Column]
