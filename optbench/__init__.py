"""optbench: which optimizer should I use here, and did mine get worse?

>>> import optbench as ob
>>> study = ob.compare(["sgd", "adam"], data="iris", steps=20, seeds=2, progress=False)
>>> study.best.optimizer
'sgd'
"""

import importlib
from typing import TYPE_CHECKING, Any

from optbench.config import moved
from optbench.errors import ConfigError, OptbenchError, StoreError
from optbench.runtime.tensorflow_import import import_tensorflow

if TYPE_CHECKING:
    from optbench.api.best_setting import BestSetting
    from optbench.api.compare import compare
    from optbench.api.from_runs import from_runs
    from optbench.api.optimizers import optimizer
    from optbench.api.problem import Problem
    from optbench.api.study import Study, load_study
    from optbench.importing.record import record
    from optbench.results.loading import load

moved.install()

__version__ = "0.1.0"
__all__ = [
    "BestSetting",
    "ConfigError",
    "OptbenchError",
    "Problem",
    "StoreError",
    "Study",
    "__version__",
    "compare",
    "from_runs",
    "load",
    "load_study",
    "optimizer",
    "record",
]

PLACES = {  # imported on first use: pandas takes a quarter of a second, for which `--help` need not wait
    "BestSetting": "optbench.api.best_setting",
    "Problem": "optbench.api.problem",
    "Study": "optbench.api.study",
    "compare": "optbench.api.compare",
    "from_runs": "optbench.api.from_runs",
    "load": "optbench.results.loading",
    "load_study": "optbench.api.study",
    "optimizer": "optbench.api.optimizers",
    "record": "optbench.importing.record",
}


def __getattr__(name: str) -> Any:
    if name == "compare":  # before any import of TensorFlow, which would print its start-up messages
        import_tensorflow()
    if name in PLACES:
        return getattr(importlib.import_module(PLACES[name]), name)
    raise AttributeError(f"module 'optbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name not in __all__)]
