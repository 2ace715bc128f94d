"""Each optimizer of optbench as a ``keras.optimizers.Optimizer``, for ``model.compile``.

    import optbench.keras

    model.compile(optimizer=optbench.keras.Adan(learning_rate=0.01), loss="mse")

A class is named after its rule: ``adan`` is ``Adan``, ``schedule_free_adamw`` is ``ScheduleFreeAdamw``. Its arguments
are the hyperparameters of the rule, and those that all Keras optimizers accept: ``clipnorm``, ``use_ema`` and so on. To
load a saved model with such an optimizer, import ``optbench.keras`` first.
"""

from typing import Any

from optbench.keras.classes import RULE_CLASSES
from optbench.keras.recorder import RunRecorder as Recorder
from optbench.keras.rule_optimizer import RuleOptimizer
from optbench.keras.schedule import ScheduledRate

__all__ = ["Recorder", "ScheduledRate", "RuleOptimizer", *RULE_CLASSES]


def __getattr__(name: str) -> Any:
    if name in RULE_CLASSES:
        return RULE_CLASSES[name]
    raise AttributeError(f"module 'optbench.keras' has no attribute {name!r}. There is: {', '.join(RULE_CLASSES)}.")


def __dir__() -> list[str]:
    return __all__
