"""The jobs of a sweep: every combination of the given values, in batches for the launcher.

This is Hydra's basic sweeper, except that it does not compose the jobs. The launcher composes all jobs before any is
trained.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf

from optbench.cli.expansion import expand_overrides
from optbench.cli.foreign_keys import without_foreign_keys
from optbench.config.parameters import format_value
from optbench.errors import ConfigError

Job = list[str]  # overrides


class Sweep(NamedTuple):
    """The inputs that Hydra gives to a sweeper."""

    loader: ConfigLoader  # loader of configurations, which knows the groups
    launcher: Launcher
    config: DictConfig  # configuration of the sweep
    params: Mapping[str, Any]  # hydra.sweeper.params: overrides from a YAML file
    max_batch_size: int | None  # number of jobs launched at once; None: all

    def run(self, arguments: Sequence[str]) -> list[Sequence[JobReturn]]:
        """Launch every job, one batch after the other.

        Args:
            arguments: the overrides of the command line, which take precedence over ``params``.

        Returns:
            for each batch, what the launcher returned.

        Raises:
            ConfigError: an override sweeps over an interval, or ``max_batch_size`` is not positive.
        """
        parser = OverridesParser.create(config_loader=self.loader)
        combined = combine(parser.parse_overrides([*self._from_params(), *arguments]))
        jobs = without_foreign_keys(combined, self._folders)
        batches = list(cut(jobs, self.max_batch_size))
        folder = Path(str(self.config.hydra.sweep.dir))
        folder.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(self.config, folder / "multirun.yaml")
        firsts = itertools.accumulate(map(len, batches), initial=0)
        return [self.launcher.launch(b, initial_job_idx=first) for b, first in zip(batches, firsts, strict=False)]

    @property
    def _folders(self) -> list[Path]:
        """The folders of the configuration, in the order in which Hydra searches them."""
        sources = self.config.hydra.runtime.config_sources
        return [Path(str(source.path)) for source in sources if source.schema == "file"]

    def _from_params(self) -> list[str]:
        """The overrides of ``params``, expanded like those of the command line."""
        texts = {key: value if isinstance(value, str) else format_value(value) for key, value in self.params.items()}
        return expand_overrides([f"{key}={text}" for key, text in texts.items()], self._folders, multirun=True)


def combine(overrides: Sequence[Override]) -> list[Job]:
    """Every combination of the values of ``overrides``. For duplicate keys, the later one wins."""
    by_key = {override.get_key_element(): single_overrides(override) for override in overrides}
    return [list(job) for job in itertools.product(*by_key.values())]


def single_overrides(override: Override) -> list[str]:
    """An override as text, once for each of its values."""
    key = override.get_key_element()
    if override.is_delete():
        return [str(override.input_line)]
    if not override.is_sweep_override():
        return [f"{key}={as_typed(override.get_value_element_as_str())}"]
    if not override.is_discrete_sweep():
        raise ConfigError(
            f"`{override.input_line}` is an interval, which needs a sweeper that searches. Received: "
            "hydra/sweeper=optbench, which combines values. List values, or search with tune=optuna."
        )
    values = [f"{key}={as_typed(value)}" for value in override.sweep_string_iterator()]
    if not values:
        raise ConfigError(f"`{key}` must have a value. Received: {override.input_line}, which matches no choice.")
    return values


def as_typed(value: str) -> str:
    """A value as a user types it; Hydra formats booleans as Python does."""
    return value.lower() if value in ("True", "False") else value


def cut(jobs: Sequence[Job], size: int | None) -> Iterator[Sequence[Job]]:
    """Split jobs into batches of ``size``; a single batch if ``size`` is None."""
    if size is not None and size < 1:
        raise ConfigError(f"`hydra.sweeper.max_batch_size` must be at least 1. Received: {size}.")
    step = size or max(len(jobs), 1)
    for start in range(0, len(jobs), step):
        yield jobs[start : start + step]
