"""From Hydra to a study: the only place, beside the launcher, that knows Hydra.

Errors of Hydra's are told in one line: what was wrong, what was given, what there is.
"""

import re
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf, open_dict

from optbench.cli.error_messages import HYDRA_ERRORS
from optbench.errors import OptbenchError
from optbench.runtime.tensorflow_import import import_tensorflow

INSIDE_AN_ITEM = re.compile(r"(dataset|model|tune\.space)\.[\w.]+=")
INSIDE_A_GROUP = re.compile(r"(optimizer|schedule|wrapper|dataset|model|loss|regularizer)\.[\w.]+=.")


class CarriedError(BaseException):
    """Carries an error past Hydra, which would announce it in words of its own."""


def job_of(config: DictConfig) -> Any:
    """A composed Hydra configuration as a :class:`optbench.study.job.JobConfig`."""
    import_tensorflow()  # whatever reads a job needs it; here is where it is first needed
    from optbench.cli.compose import base_of
    from optbench.study.job import JobConfig

    base = base_of(config)
    overrides: Any = OmegaConf.to_container(config.hydra.overrides.task, resolve=False)  # as they were given
    return JobConfig(list(map(describe_override, overrides)), base.config, base.choices)


def task_of(study: Any) -> Callable[[DictConfig], float]:
    """The function that Hydra calls for a job; launchers find the study on it."""

    def task(config: DictConfig) -> float:
        """Train one job."""
        with open_dict(config):
            config.hydra = HydraConfig.get()
        try:
            return float(study.add([job_of(config)])[0])
        except (OptbenchError, OSError, *HYDRA_ERRORS) as error:
            raise CarriedError from error

    task.study = study  # type: ignore[attr-defined]
    return task


def command_line(arguments: Sequence[str]) -> str:
    """The command that repeats this one."""
    return "python -m optbench " + shlex.join(arguments)


def flags_first(arguments: Sequence[str]) -> list[str]:
    """The same command line with overrides behind flags, for argparse takes overrides from one place only."""
    overrides = [a for a in arguments if not a.startswith("-") and ("=" in a or a.startswith("~"))]
    return [*(a for a in arguments if a not in overrides), *overrides]


def add_inner_keys(arguments: Sequence[str]) -> list[str]:
    """Write ``dataset.<name>=...`` as ``++dataset.<name>=...``, and so the keys of ``model`` and ``tune.space``.

    Hydra refuses a key that a YAML file does not list. Of these groups the files do not list every key that may be
    given: ``dataset.limit`` is short for ``dataset.subset.limit``. :func:`optbench.config.build.check` judges them.
    """
    return [f"++{argument}" if INSIDE_AN_ITEM.match(argument) else argument for argument in arguments]


def describe_override(override: str) -> str:
    """Return an override as a user writes it: the inverse of :func:`add_inner_keys`."""
    return override.removeprefix("++") if INSIDE_AN_ITEM.match(override.removeprefix("++")) else override


def values_as_sweeps(arguments: Sequence[str]) -> list[str]:
    """In a sweep, a value inside a group as a sweep of one.

    Hydra merges plain values into the default configuration before it looks at the jobs, and would refuse
    ``optimizer=adam,rmsprop optimizer.eps=1e-6`` because the default optimizer has no ``eps``.
    """
    if not {"-m", "--multirun"} & set(arguments):
        return list(arguments)
    parser = OverridesParser.create()

    def as_sweep(argument: str) -> str:
        """A plain value as a sweep of one."""
        if not INSIDE_A_GROUP.match(argument) or parser.parse_override(argument).is_sweep_override():
            return argument
        key, _, value = argument.partition("=")
        return f"{key}=choice({value})"

    return [as_sweep(argument) for argument in arguments]
