"""Compose experiments for Python code with Hydra's defaults lists, leaving Hydra's global state unchanged."""

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

_lock = threading.Lock()  # Hydra's state is global to the process


def compose_job(overrides: Sequence[str]) -> JobConfig:
    """The configuration that the command line would compose from these overrides.

    Raises:
        ConfigError: Hydra rejects them.
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
    """Initialize Hydra with a configuration folder inside the context, and restore its state afterwards."""
    with _lock:
        before = GlobalHydra.instance().hydra
        GlobalHydra.instance().clear()
        try:
            with hydra.initialize_config_dir(str(folder), version_base=None):
                yield
        finally:
            GlobalHydra.instance().hydra = before
