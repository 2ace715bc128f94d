"""The data of a problem in Python: arrays, a DataFrame, a ``tf.data.Dataset``, a function, or a name."""

import inspect
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from optbench.api.items import NamedItem, code_name, is_named_with_values, name_code, named_item
from optbench.config.items import item_names
from optbench.config.parameters import TARGET
from optbench.config.session_identity import identify_object
from optbench.config.session_objects import register
from optbench.errors import ConfigError

if TYPE_CHECKING:  # data sets need TensorFlow, but their names do not
    from optbench.datasets.base import Dataset

FUNCTION = "optbench.datasets.function.function"


class GivenData(NamedTuple):
    """The arguments that describe data."""

    data: Any
    target: Any = None  # the column of a DataFrame to predict
    validation_data: Any = None
    test_data: Any = None
    name: str = "data"


class HeldData:
    """Data in memory, as a callable that makes the data set.

    Args:
        value: data in any form that :func:`optbench.datasets.user_data.from_any` accepts.
        target: the column of a DataFrame to predict.
        name: the name of the data set.
    """

    def __init__(self, value: Any, target: Any, name: str) -> None:
        self.value, self.target, self.__name__ = value, target, name

    def __call__(self) -> "Dataset":
        """Make the data set."""
        from optbench.datasets.user_data import from_any

        return from_any(self.value, what="data", name=self.__name__, target=self.target)


def read_data(given: GivenData) -> NamedItem:
    """The item for a problem's data.

    Raises:
        ConfigError: there is no such data set, or splits are given together with a name or a function.
    """
    named = isinstance(given.data, str) or is_named_dataset(given.data)
    if named or inspect.isroutine(given.data):
        check_alone(given, "a name" if named else "a function")
        return named_data(given.data) if named else function_item(given)
    return held_item(given)


def is_named_dataset(value: Any) -> bool:
    """Whether a value is ``{name: {argument: value}}`` of a data set of ``conf/dataset``."""
    return is_named_with_values(value) and next(iter(value)) in item_names("dataset")


def check_alone(given: GivenData, form: str) -> None:
    """Raise ConfigError if splits are given in addition to data that has its own splits."""
    for key in ("validation_data", "test_data"):
        if getattr(given, key) is not None:
            raise ConfigError(
                f"`{key}` belongs to data in memory. Received: data={form}, which has splits of its own. Leave it out."
            )


def named_data(data: Any) -> NamedItem:
    """The item for a named data set."""
    if isinstance(data, str):
        return named_item("dataset", data)
    ((name, values),) = data.items()
    return named_item("dataset", name, values)


def function_item(given: GivenData) -> NamedItem:
    """The item for data that a user's function returns."""
    code = name_code(given.data)
    node = {TARGET: FUNCTION, "load": code.path, "target": given.target}
    return NamedItem(code_name(given.data), node, None, code.held)


def held_item(given: GivenData) -> NamedItem:
    """The item for data in memory, identified by its content."""
    value = read_lazy(join_splits(given))
    digest = identify_object([value, given.target, given.name])
    held = register(HeldData(value, given.target, given.name), "data", digest)
    return NamedItem(given.name, {TARGET: FUNCTION, "load": held.path}, None, (held,))


def join_splits(given: GivenData) -> Any:
    """The data together with the splits that are given separately."""
    more = {"valid": given.validation_data, "test": given.test_data}
    more = {name: value for name, value in more.items() if value is not None}
    if not more:
        return given.data
    if isinstance(given.data, Mapping):
        raise ConfigError(
            f"`data` and {' and '.join(more)} data are one choice where `data` is a dict. Received: a dict with "
            f"{', '.join(map(str, given.data))}. Put all splits into the dict, or give (x, y)."
        )
    return {"train": given.data, **more}


def read_lazy(value: Any) -> Any:
    """Return ``value`` with each ``tf.data.Dataset`` read into arrays, whose content can be identified."""
    if isinstance(value, Mapping):
        return {name: read_lazy(part) for name, part in value.items()}
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or not isinstance(value, tensorflow.data.Dataset):
        return value
    from optbench.datasets._read_tensors import read_tensors

    return read_tensors(value, "data", None)
