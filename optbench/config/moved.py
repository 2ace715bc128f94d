"""Old dotted paths, which users' YAML files and modules may still name. They keep working, with a one-line warning.

current_path("optbench.schedules.cosine")    optbench.schedules.cosine.cosine
from optbench.parameters import Range        the same as from optbench.config.parameters import Range
"""

import importlib
import importlib.abc
import importlib.machinery
import re
import sys
import warnings
from collections.abc import Sequence
from functools import partial
from types import ModuleType

MODULES = {
    "optbench.activations": "optbench.models.activations",
    "optbench.archive": "optbench.datasets._archive",
    "optbench.augmentation": "optbench.datasets._augmentation",
    "optbench.averaging": "optbench.optimizers._averaging",
    "optbench.build": "optbench.config.build",
    "optbench.chunks": "optbench.problem.chunks",
    "optbench.counter": "optbench.random.counter",
    "optbench.files": "optbench.runtime.files",
    "optbench.images": "optbench.datasets._images",
    "optbench.initializers": "optbench.models.initializers",
    "optbench.job": "optbench.study.read_job",
    "optbench.kept": "optbench.random.cache",
    "optbench.labels": "optbench.spec.labels",
    "optbench.layers": "optbench.models._layers",
    "optbench.loading": "optbench.results.loading",
    "optbench.machine": "optbench.runtime.machine",
    "optbench.matrices": "optbench.optimizers._matrices",
    "optbench.normalisation": "optbench.models._normalization",
    "optbench.parameters": "optbench.config.parameters",
    "optbench.parquet": "optbench.results.parquet",
    "optbench.published": "optbench.spec.published",
    "optbench.quiet": "optbench.runtime.tensorflow_import",
    "optbench.recordings": "optbench.problem.recordings",
    "optbench.run": "optbench.spec.run",
    "optbench.schemas": "optbench.results.schemas",
    "optbench.sources": "optbench.config.sources",
    "optbench.splits": "optbench.datasets.splits",
    "optbench.store": "optbench.results.store",
    "optbench.streams": "optbench.random.streams",
    "optbench.surfaces": "optbench.losses._surfaces",
    "optbench.targets": "optbench.spec.targets",
    "optbench.tuning": "optbench.study.tuning",
    "optbench.weight_files": "optbench.results.weight_files",
    "optbench.xla": "optbench.training.xla",
}
TARGETS = re.compile(  # functions that shared one module and now have one file each
    r"optbench\.(schedules\.(constant|exponential|step|inverse_time|cosine|warmup_cosine|polynomial)"
    r"|regularizers\.(none|l1|l2))"
)


_said: dict[str | tuple[str, type[Warning], int], int] = {}  # warnings given so far, in the form that Python uses


class MovedWarning(FutureWarning):
    """A dotted path has moved. The old one still works."""


def current_path(target: str) -> str:
    """The current path of ``target``, ``package.module.function``; warns if it has moved."""
    module, _, name = target.rpartition(".")
    if TARGETS.fullmatch(target):
        new = f"{target}.{name}"
    else:
        new = f"{MODULES[module]}.{name}" if module in MODULES else target
    if new != target:
        text = f"`_target_: {target}` has moved. Write {new} instead."
        warnings.warn_explicit(text, MovedWarning, __file__, 1, registry=_said)  # once, wherever it is used
    return new


class MovedModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import finder for modules under their old names."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The specification of a moved module; None for all other modules."""
        return importlib.machinery.ModuleSpec(fullname, self) if fullname in MODULES else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """Use the default module creation."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module with the attributes from their new location."""
        new = MODULES[module.__name__]
        warnings.warn(f"{module.__name__} has moved. Import {new} instead.", MovedWarning, stacklevel=2)
        module.__getattr__ = partial(getattr, importlib.import_module(new))  # type: ignore[method-assign]


def install() -> None:
    """Make Python find modules under their old names."""
    if not any(isinstance(finder, MovedModules) for finder in sys.meta_path):
        sys.meta_path.append(MovedModules())
