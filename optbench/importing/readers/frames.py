"""Read a DataFrame of this session."""

from typing import Any

import pandas as pd

from optbench.config.user_code import describe_returned
from optbench.errors import ConfigError
from optbench.importing.tables import PlainTable, Source


def read_frame(frame: Any, name: str) -> PlainTable:
    """Read a DataFrame as a table.

    Args:
        frame: a DataFrame in the long or the wide layout of :mod:`optbench.importing`, or any object with
            ``to_pandas()``, such as an Arrow or Polars table. Named index levels are also columns.
        name: the name of the study.

    Raises:
        ConfigError: it is not a DataFrame.
    """
    if not isinstance(frame, pd.DataFrame) and hasattr(frame, "to_pandas"):
        frame = frame.to_pandas()
    if not isinstance(frame, pd.DataFrame):
        raise ConfigError(f"`from_runs` takes a DataFrame. Received: {describe_returned(frame)}.")
    levels = [level for level in frame.index.names if level is not None]
    if levels:
        frame = frame.reset_index(level=[level for level in levels if level not in frame.columns])
    frame = frame.set_axis([str(column) for column in frame.columns], axis=1)
    return PlainTable(frame, Source("dataframe", name))
