"""Made-up studies whose runs, curves or study file are changed, as the data of a report."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from optbench.report.loading import report_data
from optbench.results.loading import load_result
from optbench.results.store import Store
from optbench.results.study_json import from_json, to_json
from tests.report.made_up_results import Made, write


@cache
def stored(study):
    """Write a made-up study once for all tests, and return its store, its file and the folder that holds it."""
    folder = TemporaryDirectory()
    file = write(Path(folder.name), study)
    return Store(Path(folder.name)), file, folder


def made(change=None, changed=None, **values):
    """Return the report data of a made-up study of two rules.

    Args:
        change: a function of runs and curves that returns changed ones.
        changed: keys of the study file with other content.
        values: of :class:`Made`.
    """
    store, plain, _ = stored(Made(**{"optimizers": ("sgd", "adam"), **values}))
    file = from_json(to_json(plain) | (changed or {})) if changed else plain
    result = load_result(store, file)
    if change is not None:
        everything = pd.concat([result.runs, result.trials])
        curves = result.curves.astype({"run_id": str, "split": str, "metric": str})
        everything, curves = change(everything, curves)
        is_run = everything["role"] == "run"
        result = replace(result, runs=everything[is_run], trials=everything[~is_run], curves=curves)
    return report_data(result)


def with_timings(data, timings):
    """Report data with other step times."""
    return replace(data, result=replace(data.result, timings=timings))


def losses(of_run):
    """Return a change that sets the loss of each run on every split to ``of_run(run)``."""

    def change(runs, curves):
        ends = {run.run_id: of_run(run) for run in runs.itertuples()}
        value = curves["run_id"].map(ends)
        return runs, curves.assign(value=np.where(curves["metric"] == "loss", value, curves["value"]))

    return change


def better(optimizer, by=0.5):
    return losses(lambda run: 1.0 + 0.01 * run.seed - by * (run.optimizer == optimizer))


def tuned(rates, chosen, change=None, **values):
    """Return the report data of a tuned study. Each rate was tried with seed 0, and ``chosen`` is run with the others.

    Args:
        rates: the learning rates that were tried.
        chosen: one of them.
        change: see :func:`made`.
        values: see :func:`made`.
    """
    study = Made(**{"optimizers": ("sgd", "adam"), "rates": rates, **values})
    plain = to_json(stored(study)[1])
    trials = [run | {"role": "trial"} for run in plain["runs"][:: study.seeds]]
    is_run = [number % study.seeds and f"={chosen:.3g}" in run["setting"] for number, run in enumerate(plain["runs"])]
    runs = [
        run | {"setting": run["setting"].partition(" ")[0]}
        for run, yes in zip(plain["runs"], is_run, strict=True)
        if yes
    ]
    tune = {
        "method": "sobol", "trials": len(rates), "parameters": ["learning_rate"], "seeds": [9], "choose": "final",
        "metric": "loss", "trial": 0, "score": 0.5, "split": "valid", "values": {"learning_rate": chosen},
        "at_the_border": [],
    }  # fmt: skip
    jobs = [job | {"tune": tune} for job in plain["jobs"]]
    return made(change, {"runs": [*runs, *trials], "jobs": jobs}, rates=rates, **values)
