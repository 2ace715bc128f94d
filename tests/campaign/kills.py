"""``kill -9`` at random times in real studies: the repeated command continues, with undisturbed curves."""

import contextlib
import signal
import time

import numpy as np

from optbench.results.store import Store
from tests import forks
from tests.commands import environment_of_a_user

GOAL = 1000
EXECUTORS = ("threads", "processes", "dask")
SORTED = ["run_id", "step", "split", "metric"]
_undisturbed = {}  # curves and seconds, by executor


def command(executor):
    """The arguments of the study."""
    rules = ["optimizer=sgd,adam", "optimizer.learning_rate=0.1,1e38"]
    small = [
        "dataset=iris",
        "model=softmax",
        "epochs=5",
        "seeds=6",
        "timing=false",
        "report.format=[md]",
        "report.live=false",
    ]
    return ["-m", *rules, *small, "name=killed", f"executor={executor}", "workers=2", "compile=graph"]


def start(executor, folder):
    """Start the study in a process of its own."""
    return forks.start_module("optbench", *command(executor), cwd=folder, env=environment_of_a_user())


def curves_of(folder):
    """The finished runs and their curves."""
    store = Store(folder / "results")
    runs = store.runs()
    curves = store.curves(runs).sort_values(SORTED, ignore_index=True)
    return dict(zip(runs["run_id"], runs["status"], strict=True)), curves[[*SORTED, "value"]]


def undisturbed(executor, folder):
    """What the study finds where nobody kills it, and how long it takes."""
    if executor not in _undisturbed:
        place = folder / f"undisturbed-{executor}"
        place.mkdir(parents=True, exist_ok=True)
        clock = time.monotonic()
        start(executor, place).wait()
        _undisturbed[executor] = (*curves_of(place), time.monotonic() - clock)
    return _undisturbed[executor]


def trial(number, folder, executors=EXECUTORS):
    """Kill the study once and run it again; a sentence if something is lost or different."""
    generator, executor = np.random.default_rng(number), executors[number % len(executors)]
    statuses, curves, seconds = undisturbed(executor, folder)
    place = folder / str(number)
    place.mkdir(parents=True, exist_ok=True)
    process = start(executor, place)
    time.sleep(float(generator.uniform(0, seconds)))
    with contextlib.suppress(ProcessLookupError):  # it ended before
        process.send(signal.SIGKILL)
    process.wait()
    before = curves_of(place)[0] if (place / "results" / "runs").is_dir() else {}
    done = start(executor, place).wait()
    found, values = curves_of(place)
    if "Traceback" in done.stderr or done.returncode:
        return f"{executor}: exit code {done.returncode}, {done.stderr[-300:]!r}"
    lost = [run_id for run_id in before if run_id not in found]
    if lost or found != statuses:
        return f"{executor}: runs are lost or ended otherwise: {lost or found}"
    return "" if values.equals(curves) else f"{executor}: curves differ"
