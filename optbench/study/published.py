"""The keys ``published`` and ``published_from``: published results, checked, which plots show as lines."""

from collections.abc import Sequence
from typing import Any

from optbench.config.items import item_names
from optbench.config.parameters import format_value
from optbench.errors import ConfigError
from optbench.problem.metrics import AUTO, FUNCTION_STEM, make_metric, named_metric
from optbench.spec.deepobs import deepobs_baselines
from optbench.spec.job import JobConfig
from optbench.spec.metrics import MetricRange
from optbench.spec.published import Published, read_published

DEEPOBS, EXPERIMENTS = "deepobs", "deepobs_"
COUNTED = "top_k"  # metrics whose name contains a number, see optbench.spec.published.TOP_K


def published_values(job: JobConfig, metrics: Sequence[Any] | None) -> list[Published]:
    """The published results of a job: those in the list, and those of ``published_from``.

    Args:
        job: the configuration of the job.
        metrics: the nodes of the requested metrics.

    Raises:
        ConfigError: an entry of the list is wrong, or the source has no results for the requested problem.
    """
    given = job.config["published"]
    return [*read_published(given, known_ranges(metrics or ()) if given else {}), *values_from(job)]


def values_from(job: JobConfig) -> list[Published]:
    """The results of a source for the problem; none if an experiment names the source and the user another problem."""
    source = job.config["published_from"]
    if source is None:
        return []
    if source != DEEPOBS:
        raise ConfigError(
            f"`published_from` must be {DEEPOBS} or null. Received: published_from={format_value(source)}."
        )
    dataset, model = job.choices["dataset"], job.choices["model"]
    found = deepobs_baselines(dataset, model)
    if found is None and "published_from" in job.overridden:
        there = ", ".join(name for name in item_names("experiment") if name.startswith(EXPERIMENTS))
        raise ConfigError(
            f"`published_from={DEEPOBS}` has no numbers of dataset={dataset} model={model}, but of experiments such as "
            f"{there}. Take published_from=null."
        )
    return found or []


def known_ranges(metrics: Sequence[Any]) -> dict[str, MetricRange]:
    """The range of each available metric, by its name in tables."""
    named = [name for name in item_names("metric") if name not in (FUNCTION_STEM, COUNTED)]
    nodes = [*(named_metric(name, {}) for name in named), *(node for node in metrics if node != AUTO)]
    return {metric.name: metric.range for metric in map(make_metric, nodes)}
