"""From Hydra to a study: the only place, beside the launcher, that knows Hydra.

Errors of Hydra's are told in one line: what was wrong, what was given, what there is.
"""

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from optbench.errors import OptbenchError
from optbench.parameters import unknown_name
from optbench.quiet import import_tensorflow

HYDRA_ERRORS = (HydraException, OmegaConfBaseException)
STUDY_GROUPS = ("optimizer", "schedule", "dataset", "model", "loss", "regularizer")


def conf_dir() -> Path:
    """The folder of the configuration: ``conf/`` of the repository, ``optbench/conf`` of an installed wheel."""
    package = Path(__file__).resolve().parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


class Mistake(BaseException):
    """Carries an error past Hydra, which would announce it in words of its own."""


def job_of(config: DictConfig) -> Any:
    """A composed Hydra configuration as a :class:`optbench.job.Job`."""
    import_tensorflow()  # whatever reads a job needs it; here is where it is first needed
    from optbench.job import Job

    choices = {group: str(config.hydra.runtime.choices.get(group)) for group in STUDY_GROUPS}
    overrides = [str(o) for o in config.hydra.overrides.task]
    plain = OmegaConf.to_container(
        OmegaConf.masked_copy(config, [str(k) for k in config if k != "hydra"]), resolve=True
    )
    assert isinstance(plain, dict)  # a configuration has keys
    return Job(overrides, {str(k): v for k, v in plain.items()}, choices)


def task_of(study: Any) -> Callable[[DictConfig], float]:
    """The function that Hydra calls for a job; launchers find the study on it."""

    def task(config: DictConfig) -> float:
        with open_dict(config):
            config.hydra = HydraConfig.get()
        try:
            return float(study.add([job_of(config)])[0])
        except (OptbenchError, *HYDRA_ERRORS) as error:
            raise Mistake from error

    task.study = study  # type: ignore[attr-defined]
    return task


def command_line(arguments: Sequence[str]) -> str:
    """The command that repeats this one."""
    return "python -m optbench " + shlex.join(arguments)


def flags_first(arguments: Sequence[str]) -> list[str]:
    """The same command line with overrides behind flags, for argparse takes overrides from one place only."""
    overrides = [a for a in arguments if not a.startswith("-") and ("=" in a or a.startswith("~"))]
    return [*(a for a in arguments if a not in overrides), *overrides]


def told(error: BaseException | None) -> str:
    """One line for a mistake in the configuration."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, given = error.missing_cfg_file.rpartition("/")
        return unknown_name(f"`{group}={given}`", given, error.options)
    if isinstance(error, OSError):
        return f"{error.filename} cannot be used: {error.strerror}. Choose another place or change its permissions."
    if isinstance(error, OverrideParseException):
        reason = str(error).partition("\nSee ")[0]
        return f"`{error.override}` cannot be read: {' '.join(reason.split())}. Write key=value or group=choice."
    cause = error.__cause__ if isinstance(error, ConfigCompositionException) else error
    if isinstance(cause, ConfigAttributeError | ConfigKeyError) and isinstance(cause.parent_node, DictConfig):
        keys = [str(k) for k in cause.parent_node if k not in ("hydra", "_target_")]
        return unknown_name(f"`{cause.full_key}`", str(cause.key), keys)
    return " ".join(str(error).split())


def mistake(error: BaseException | None) -> bool:
    """Whether ``error`` is the user's to mend: ours, Hydra's, or a place that cannot be written to."""
    return isinstance(error, (OptbenchError, OSError, *HYDRA_ERRORS)) or raised_by_hydra(error)


def raised_by_hydra(error: BaseException | None) -> bool:
    """Whether Hydra refused something with an error of no kind of its own, as it does ``optimizer=null``."""
    trace = error.__traceback__ if error else None
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace is not None and str(trace.tb_frame.f_globals.get("__name__", "")).startswith(("hydra.", "omegaconf."))


def complain(error: BaseException | None) -> int:
    """Print one line on standard error; the exit code of a mistake."""
    line = str(error) if isinstance(error, OptbenchError) else told(error)
    print(f"optbench: {line}", file=sys.stderr)
    return 1
