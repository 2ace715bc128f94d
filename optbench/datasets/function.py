"""Data returned by a user's function."""

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
    """Data returned by a user's function.

    The function returns one of these:

    - ``(x, y)``, arrays; ``x`` may be a dict or a tuple of arrays, for a model with several inputs.
    - a DataFrame; ``dataset.target`` names the column to predict. It is interpreted as by ``dataset=table``.
    - a finite ``tf.data.Dataset`` of (x, y), batched or not. It is read into memory; data larger than memory is
      rejected.
    - a dict with one of these for ``train`` and optionally ``valid`` and ``test``.
    - an ``optbench.datasets.base.Dataset``, which is used unchanged.

    It must return the same data each time, because the digest of the data is part of a run's identity.

    Args:
        load: the function, as package.module.function; required.
        keywords: the arguments of the function, {name: value}.
        target: the column of a DataFrame to predict, by name or position, or a list of columns.
        task: ``classification``, ``regression`` or ``multilabel``; ``auto`` infers it.
        scale: for arrays, see :func:`optbench.datasets.arrays.arrays`.
        standardize_target: for arrays, standardize regression targets to mean 0 and standard deviation 1.
        columns: how the columns of a DataFrame become inputs, see
            :class:`optbench.datasets.user_options.Columns`.
        split: the fractions of splits that the function does not return, see
            :class:`optbench.datasets.user_options.UserSplit`.
        subset: how much of the splits is kept, see :class:`optbench.datasets.user_options.UserSubset`.
        memory_limit: limit in bytes for a ``tf.data.Dataset``; None for no limit.

    Raises:
        ConfigError: the function cannot be imported, raises an exception, or returns something else.
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
