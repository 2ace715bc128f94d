"""Compose experiments for Python code: Hydra's defaults lists, without a trace in Hydra's global state."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import hydra
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from optbench.cli.compose import base_of
from optbench.cli.error_messages import HYDRA_ERRORS, describe_config_error
from optbench.config.items import conf_dir
from optbench.errors import ConfigError
from optbench.spec.job import JobConfig

_lock = threading.Lock()  # Hydra's state belongs to the process


def compose_job(overrides: Sequence[str]) -> JobConfig:
    """The configuration that the command line would compose of these overrides.

    Raises:
        ConfigError: Hydra refuses them.
    """
    with borrowed_hydra(conf_dir()):
        try:
            config = hydra.compose("config", overrides=list(overrides), return_hydra_config=True)
            OmegaConf.select(config, "name")  # resolve the date and time once
            base = base_of(config)
        except HYDRA_ERRORS as error:
            raise ConfigError(describe_config_error(error)) from None
    return JobConfig(list(overrides), base.config, base.choices)


@contextmanager
def borrowed_hydra(folder: Path) -> Iterator[None]:
    """Hydra on a folder of configuration inside the context; afterwards its state is what it was."""
    with _lock:
        before = GlobalHydra.instance().hydra
        GlobalHydra.instance().clear()
        try:
            with hydra.initialize_config_dir(str(folder), version_base=None):
                yield
        finally:
            GlobalHydra.instance().hydra = before
