"""Data that a function of one's own returns."""

from typing import Annotated, Any

from optbench.config.parameters import NamesCode
from optbench.datasets._assemble import Scale
from optbench.datasets._from_frame import Target
from optbench.datasets._user_function import KEY, call_load
from optbench.datasets.base import Dataset
from optbench.datasets.user_data import from_any
from optbench.datasets.user_options import Columns, Task, UserSplit, UserSubset


def function(
    load: Annotated[str | None, NamesCode()] = None,
    keywords: dict[str, Any] = {},  # noqa: B006 - read, never written
    target: Target = None,
    task: Task = "auto",
    scale: Scale = "auto",
    standardize_target: bool = False,
    columns: Columns = Columns(),
    split: UserSplit = UserSplit(),
    subset: UserSubset = UserSubset(),
    memory_limit: float | None = None,
) -> Dataset:
    """Data that a function of one's own returns.

    The function returns one of these:

    - ``(x, y)``: arrays; ``x`` may be a dict or a tuple of arrays, for a model with several inputs.
    - a DataFrame; ``dataset.target`` names the column to predict. It is read as ``dataset=table`` reads a file.
    - a finite ``tf.data.Dataset`` of (x, y), batched or not. It is read into memory; data larger than memory are
      refused.
    - a dict with one of these for ``train`` and perhaps ``valid`` and ``test``.
    - an ``optbench.datasets.base.Dataset``, which is taken as it is.

    It must return the same data each time: the data's digest is part of a run's identity.

    Args:
        load: the function, as package.module.function; required.
        keywords: its arguments, {name: value}.
        target: the column to predict of a DataFrame, by name or position, or a list of columns.
        task: ``classification``, ``regression`` or ``multilabel``; ``auto`` finds it.
        scale: of arrays, see :func:`optbench.datasets.arrays.arrays`.
        standardize_target: of arrays: bring regression targets to mean 0 and standard deviation 1.
        columns: how the columns of a DataFrame become inputs, see
            :class:`optbench.datasets.user_options.Columns`.
        split: how examples are cut into splits that the function does not give, see
            :class:`optbench.datasets.user_options.UserSplit`.
        subset: how much of the splits is kept, see :class:`optbench.datasets.user_options.UserSubset`.
        memory_limit: bytes that a ``tf.data.Dataset`` may take; None for any number.

    Raises:
        ConfigError: the function cannot be imported, raises, or returns something else.
    """
    return from_any(
        call_load(load, keywords),
        what=KEY,
        name="function",
        target=target,
        task=task,
        scale=scale,
        standardize_target=standardize_target,
        columns=columns,
        split=split,
        subset=subset,
        memory=memory_limit,
    )
