"""A schedule of Keras, or a user's class written for Keras.

    schedule=keras schedule.class_name=CosineDecay "schedule.keywords={alpha: 0.1}"

The learning rates are exactly Keras's at every step. By default, ``initial_learning_rate`` is the optimizer's learning
rate, and ``decay_steps`` (``first_decay_steps`` of ``CosineDecayRestarts``) is the length of the run.
"""

import inspect
from collections.abc import Mapping
from typing import Annotated, Any

import keras as library
import numpy as np
import tensorflow as tf

from optbench.config.parameters import NamesCode, unknown_name
from optbench.config.user_code import describe_code, describe_raised, describe_returned, import_code
from optbench.errors import ConfigError
from optbench.schedules._rates import RateSchedule
from optbench.schedules.base import Tensor

FROM_OPTIMIZER = "initial_learning_rate"
FROM_RUN = ("decay_steps", "first_decay_steps")


def keras(
    class_name: Annotated[str, NamesCode()] = "CosineDecay", keywords: dict[str, Any] | None = None
) -> RateSchedule:
    """The learning rates of a class of ``keras.optimizers.schedules``.

    Args:
        class_name: name of the class, or the dotted path of a user's ``LearningRateSchedule``.
        keywords: arguments of the class, by name; null for none. By default, ``initial_learning_rate`` is the
            optimizer's learning rate, and ``decay_steps`` or ``first_decay_steps`` is the length of the run. Others
            have the defaults of the class.

    Raises:
        ConfigError: there is no such class, a keyword is unknown or missing, or the class rejects a value.

    A class without ``initial_learning_rate``, such as ``PiecewiseConstantDecay``, replaces the optimizer's rate.

    Source: Keras, ``keras.optimizers.schedules``.
    """
    kind = schedule_class(class_name)
    given = check_keywords(kind, class_name, keywords or {})

    def rate(learning_rate: Tensor, step: Tensor, total_steps: int) -> Tensor:
        return make_schedule(kind, given, learning_rate, total_steps)(step)

    check_rates(kind, given)
    return RateSchedule(rate)


def schedule_class(name: str) -> type[Any]:
    """The class with this name, or at this dotted path.

    Raises:
        ConfigError: there is no such class, or it is not a Keras schedule.
    """
    base = library.optimizers.schedules.LearningRateSchedule
    if "." in name:
        found = import_code("schedule.class_name", name)
        if not (inspect.isclass(found) and issubclass(found, base)):
            raise ConfigError(
                f"`schedule.class_name={name}` must be a subclass of keras.optimizers.schedules.LearningRateSchedule. "
                f"Received: {describe_code(found)}. For a function (step, total_steps) write a YAML file with _target_."
            )
        return found
    classes = {n: c for n, c in vars(library.optimizers.schedules).items() if inspect.isclass(c) and c is not base}
    if name not in classes:
        raise ConfigError(
            f"{unknown_name(f'`schedule.class_name={name}`', name, classes)} Or give a dotted path of your own class."
        )
    return classes[name]


def check_keywords(kind: type[Any], class_name: str, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Check the keywords; ConfigError if one is unknown, or if a required one is missing."""
    declared = inspect.signature(kind).parameters
    named = {n: p for n, p in declared.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in declared.values())
    for keyword in keywords:
        if keyword not in named and not takes_any:
            raise ConfigError(unknown_name(f"`schedule.keywords.{keyword}` of {class_name}", keyword, named))
    supplied = (FROM_OPTIMIZER, *FROM_RUN, *keywords)
    missing = [n for n, p in named.items() if p.default is p.empty and n not in supplied]
    if missing:
        raise ConfigError(
            f"{class_name} needs `{missing[0]}`. Received: schedule.keywords={{{', '.join(keywords)}}}. "
            f"Give schedule.keywords={{{missing[0]}: ...}}."
        )
    return dict(keywords)


def make_schedule(kind: type[Any], keywords: Mapping[str, Any], learning_rate: Tensor, total_steps: int) -> Any:
    """The schedule of a run."""
    named = inspect.signature(kind).parameters
    own = {FROM_OPTIMIZER: learning_rate, **dict.fromkeys(FROM_RUN, total_steps)}
    return kind(**{**{name: value for name, value in own.items() if name in named}, **keywords})


def check_rates(kind: type[Any], keywords: Mapping[str, Any]) -> None:
    """Raise ConfigError unless the class returns one real number for a step."""
    try:
        with tf.init_scope():  # not part of a program that is being traced
            rate = make_schedule(kind, keywords, tf.constant(0.1), 10)(tf.constant(0))
    except Exception as error:  # a user's class may raise any exception
        what = f"Keras rejects `schedule.keywords` of {kind.__name__}" if is_kerass(kind) else "`schedule` failed"
        raise ConfigError(f"{what}. Received: {describe_raised(kind, error)}. Correct it.") from None
    try:
        value = np.asarray(rate, np.float64)
    except (TypeError, ValueError):
        value = np.asarray([])
    if rate is None or value.shape != ():
        raise ConfigError(
            f"A schedule must return one number for a step. Received: {describe_returned(rate)} from "
            f"{describe_code(kind)}. Return a scalar tensor."
        )


def is_kerass(kind: type[Any]) -> bool:
    """Whether a class is one of Keras's own."""
    return kind.__module__.startswith("keras.")
