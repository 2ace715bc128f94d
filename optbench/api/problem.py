"""A problem in Python: the arguments of ``compare`` for data, model and budget, so that they can be listed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, NamedTuple

from optbench.api.data import GivenData, read_data
from optbench.api.items import NamedItem, add_values, join_overrides, plain, read_item_argument, target_node
from optbench.api.parts import is_auto, read_loss, read_metrics_argument, read_model, with_class_weight
from optbench.cli.suites import members_of
from optbench.config.items import conf_dir, item_names
from optbench.config.parameters import unknown_name
from optbench.config.session_objects import SessionObject
from optbench.config.user_code import describe_returned
from optbench.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A problem of a comparison. Fields that are None follow the arguments of :func:`optbench.compare`.

    Args:
        data: the data; see :func:`optbench.compare` for all arguments.
        target: the column of a DataFrame to predict.
        validation_data: the validation split of data in memory; None holds out a part of the examples.
        test_data: the test split of data in memory; None holds out a part of the examples.
        model: a name, a function that returns a ``keras.Model``, or None for ``mlp``.
        loss: ``"auto"``, a name, a function ``(y_true, y_pred)``, or a loss class of Keras.
        metrics: ``"auto"`` or a list of names and functions.
        class_weight: ``"balanced"`` or a weight for each class.
        regularizer: a name, ``{name: {argument: value}}``, or None for none.
        epochs: length of training in epochs.
        steps: length of training in steps, in place of ``epochs``.
        batch_size: number of examples per batch, or ``"full"``.
        name: the name of the problem in tables; None for the name of its data set.

    >>> import optbench as ob
    >>> ob.Problem(data="iris", model="softmax", epochs=5).epochs
    5
    """

    data: Any = None
    target: str | int | list[str] | None = None
    validation_data: Any = None
    test_data: Any = None
    model: Any = None
    loss: Any = "auto"
    metrics: Any = "auto"
    class_weight: Any = None
    regularizer: Any = None
    epochs: int | None = None
    steps: int | None = None
    batch_size: int | Literal["full"] | None = None
    name: str | None = None


class ProblemValues(NamedTuple):
    """The part of a configuration that comes from a problem."""

    values: Mapping[str, Any]  # keys of the configuration
    names: Mapping[str, str]  # items by group
    overrides: tuple[str, ...] | None  # command-line overrides; None if the command line has no such problem
    given: frozenset[str] = frozenset()  # dotted names of the given values
    held: tuple[SessionObject, ...] = ()
    experiment: str | None = None  # the experiment that sets all other values


def read_problems(problem: Any, shared: Problem) -> list[ProblemValues]:
    """The problems of a comparison.

    Args:
        problem: a :class:`Problem`, the name of an experiment, a list of these, or None.
        shared: the arguments of ``compare``, which define the problem if ``problem`` is None, otherwise the budget of
            all problems.

    Raises:
        ConfigError: a part is invalid, or is given twice.
    """
    if problem is None:
        return [read_problem(shared)]
    check_not_given(shared)
    listed = [problem] if isinstance(problem, str | Problem) else problem
    if not isinstance(listed, Sequence) or not listed:
        raise ConfigError(
            f"`problem` must be an ob.Problem, the name of an experiment, or a list of these. "
            f"Received: {describe_returned(problem)}. There is: {', '.join(item_names('experiment'))}."
        )
    return [values for each in listed for values in read_listed(each, shared)]


def check_not_given(shared: Problem) -> None:
    """Raise ConfigError if ``problem`` and one of its parts are both given."""
    for key in ("data", "target", "validation_data", "test_data", "model"):
        if getattr(shared, key) is not None:
            raise ConfigError(f"`{key}` is a part of `problem`. Received: both. Give it to ob.Problem({key}=...).")


def read_listed(problem: Any, shared: Problem) -> list[ProblemValues]:
    """The problems that one list member describes."""
    if isinstance(problem, Problem):
        return [read_problem(merge(problem, shared))]
    if isinstance(problem, str):
        return [experiment_values(name, shared) for name in experiments_of(problem)]
    raise ConfigError(
        f"`problem` must hold ob.Problem objects and names of experiments. Received: {describe_returned(problem)}."
    )


def merge(problem: Problem, shared: Problem) -> Problem:
    """Return ``problem`` with its missing values taken from ``shared``."""
    default = Problem()
    open_fields = [f.name for f in fields(Problem) if getattr(problem, f.name) is getattr(default, f.name)]
    taken = {name: getattr(shared, name) for name in open_fields if name != "name"}
    if problem.steps is not None or problem.epochs is not None:
        taken = {name: value for name, value in taken.items() if name not in ("steps", "epochs")}
    return replace(problem, **taken)


def experiments_of(name: str) -> list[str]:
    """The experiments of a suite, or the single experiment of this name.

    Raises:
        ConfigError: there is no such experiment.
    """
    if name not in item_names("experiment"):
        raise ConfigError(unknown_name(f"`problem={name}`", name, item_names("experiment")))
    return members_of(name, [conf_dir()]) or [name]


def experiment_values(name: str, shared: Problem) -> ProblemValues:
    """The values of an experiment, combined with the given values."""
    if shared.class_weight is not None:
        raise ConfigError("`class_weight` is a part of a problem. Received: the name of an experiment. Leave it out.")
    return problem_values(shared, optional_parts(shared), (f"experiment={name}",))._replace(experiment=name)


def read_problem(problem: Problem) -> ProblemValues:
    """The configuration values of a problem.

    Raises:
        ConfigError: there is no data, or a part is invalid.
    """
    if problem.data is None:
        raise ConfigError(
            "`data` is needed: arrays (x, y), a DataFrame with target='column', a tf.data.Dataset, or a name. "
            f"Received: None. There is: {', '.join(item_names('dataset'))}."
        )
    items = {"dataset": read_data_argument(problem), "model": read_model(problem.model), **optional_parts(problem)}
    if problem.class_weight is not None:
        items["loss"] = with_class_weight(items.get("loss"), problem.class_weight)
    values = problem_values(problem, items)
    return values._replace(names={**values.names, **({"dataset": problem.name} if problem.name else {})})


def read_data_argument(problem: Problem) -> NamedItem:
    """The item for the data of a problem."""
    name = check_name(problem.name) or "data"
    given = GivenData(problem.data, problem.target, problem.validation_data, problem.test_data, name)
    data = read_data(given)
    if problem.target is None or data.overrides is None:
        return data
    target = plain(problem.target)  # for a named data set; for others, the target is part of the node
    overrides = add_values(data.overrides, {"dataset.target": target})
    return data._replace(node={**data.node, "target": target}, overrides=overrides)


def optional_parts(problem: Problem) -> dict[str, NamedItem]:
    """The loss and the regularizer, if they are given."""
    parts = {}
    if not is_auto(problem.loss):
        parts["loss"] = read_loss(problem.loss)
    if problem.regularizer is not None:
        parts["regularizer"] = read_item_argument("regularizer", problem.regularizer, target_node)
    return parts


def problem_values(problem: Problem, items: Mapping[str, NamedItem], first: tuple[str, ...] = ()) -> ProblemValues:
    """The values of a problem with these parts; ``first`` are overrides that precede those of the parts."""
    metrics = read_metrics_argument(problem.metrics)
    budget = {key: plain(getattr(problem, key)) for key in ("epochs", "steps", "batch_size")}
    budget = {key: value for key, value in budget.items() if value is not None}
    overrides = join_overrides(first, *(item.overrides for item in items.values()), metrics.overrides)
    return ProblemValues(
        values={**budget, **{group: item.node for group, item in items.items()}, **metrics.values},
        names={group: item.stem for group, item in items.items()},
        overrides=add_values(overrides, budget),
        given=frozenset(name for item in items.values() for name in item.given),
        held=(*(h for item in items.values() for h in item.held), *metrics.held),
    )


def check_name(name: Any) -> str | None:
    """The name of a problem; ConfigError unless it is a string."""
    if name is not None and (not isinstance(name, str) or not name.strip() or not name.isprintable()):
        raise ConfigError(f"`name` of a problem must be a text. Received: {name!r}. Leave it out for that of its data.")
    return name
