"""Search with Optuna by ask and tell: ask for a batch of settings, train them, tell their costs, and repeat.

    costs of the first n trials ──> Optuna's study, built again ──> the points of the next batch

The requested settings depend only on the problem and the costs so far, so no state of Optuna is stored. A study that is
resumed or repeated requests the same settings and finds their runs in the store.

Source: Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", 2019.
"""

import importlib
import warnings
from collections.abc import Sequence
from typing import Any

from optbench.config.build import flatten
from optbench.errors import ConfigError
from optbench.random.streams import stream
from optbench.spec.run import ProblemConfig
from optbench.spec.tuning import AdaptiveSearch, Point, SearchChoice, Space

OLDEST = 4  # the first version of Optuna with the names used here
INSTALL = "Install it: pip install 'optbench[optuna]'."
LARGE = 1e300  # replaces infinite costs, which not every sampler accepts


def ask_points(
    search: AdaptiveSearch, spaces: Sequence[Space], problem: ProblemConfig, costs: Sequence[float], count: int
) -> list[Point]:
    """Ask for the next points.

    Args:
        search: the sampler and the batch size.
        spaces: the search spaces of the hyperparameters.
        problem: the problem, which determines the seed of the sampler.
        costs: the costs of the points so far, in order; lower is better, infinite for a failure.
        count: the number of points to request, at most one batch.

    Raises:
        ConfigError: Optuna is not installed, or too old.
    """
    optuna = import_optuna()
    seed = int(stream("tuning", flatten(problem.training_identity()), "optuna").integers(2**31))
    distributions = {str(place): distribution(optuna, space) for place, space in enumerate(spaces)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study(sampler=make_sampler(optuna, search, seed))
        for first in range(0, len(costs), search.batch):
            told = costs[first : first + search.batch]
            for trial, cost in zip([study.ask(distributions) for _ in told], told, strict=True):
                study.tell(trial, min(cost, LARGE))
        asked = [study.ask(distributions) for _ in range(count)]
    return [tuple(share(space, trial.params[str(i)]) for i, space in enumerate(spaces)) for trial in asked]


def import_optuna() -> Any:
    """Import Optuna without its log messages about proposals.

    Raises:
        ConfigError: Optuna is not installed, or too old.
    """
    try:
        optuna = importlib.import_module("optuna")
    except ImportError:
        raise ConfigError(f"`tune=optuna` needs Optuna. {INSTALL}") from None
    version = str(optuna.__version__)
    if int(version.partition(".")[0]) < OLDEST:
        raise ConfigError(f"`tune=optuna` needs Optuna {OLDEST} or newer. Received: Optuna {version}. {INSTALL}")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def make_sampler(optuna: Any, search: AdaptiveSearch, seed: int) -> Any:
    """The sampler of a search. Its first batch is random; a setting counts as bad until its result is reported."""
    samplers = optuna.samplers
    if search.sampler == "tpe":
        return samplers.TPESampler(seed=seed, n_startup_trials=search.batch, multivariate=True, constant_liar=True)
    if search.sampler == "gp":
        return samplers.GPSampler(seed=seed, n_startup_trials=search.batch)
    if search.sampler == "qmc":
        return samplers.QMCSampler(seed=seed, scramble=True)
    return samplers.RandomSampler(seed=seed)


def distribution(optuna: Any, space: Space) -> Any:
    """An Optuna distribution: fractions of an interval, or indices of values."""
    if isinstance(space, SearchChoice):
        return optuna.distributions.CategoricalDistribution(list(range(len(space.values))))
    return optuna.distributions.FloatDistribution(0.0, 1.0)


def share(space: Space, value: float) -> float:
    """Convert a proposal of Optuna to a fraction of the search space."""
    return (value + 0.5) / len(space.values) if isinstance(space, SearchChoice) else float(value)
