"""The campaign: ``make campaign`` runs for ``CAMPAIGN_MINUTES`` minutes, or until every goal is reached.

Trials are numbered, and a number is the seed of its trial. What was done is kept in ``build/campaign/state.json``, and
the next call goes on from there. Each kind of trial is a module of this package with ``GOAL`` and ``trial``.
"""

import importlib
import json
import os
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from optbench.runtime.files import write_text
from optbench.runtime.tensorflow_import import import_tensorflow

FOLDER = Path("build", "campaign")
KINDS = {
    "power": "power cuts",
    "flips": "bit flips",
    "inputs": "generated inputs",
    "races": "times five seconds of four writers, a pruner and a reader",
    "programs": "random programs in one process",
    "kills": "kills at random moments (threads, processes, Dask)",
}
SHARE_S = 20.0  # seconds that a kind has before the next one has its turn
MOST_FAULTS = 20  # that are kept of a kind


def read_state(path):
    """The counts of earlier calls."""
    empty = {name: {"done": 0, "faults": 0, "examples": []} for name in KINDS}
    return empty | (json.loads(path.read_text(encoding="utf8")) if path.exists() else {})


def turn(name, of_kind, until):
    """Let one kind make trials for its share of the time."""
    module, folder = importlib.import_module(f"tests.campaign.{name}"), FOLDER.absolute() / name
    end = min(until, time.monotonic() + SHARE_S)
    while of_kind["done"] < module.GOAL and time.monotonic() < end:
        folder.mkdir(parents=True, exist_ok=True)
        fault = module.trial(of_kind["done"], folder)
        of_kind["done"] += 1
        if fault:
            of_kind["faults"] += 1
            of_kind["examples"] = [*of_kind["examples"], f"{of_kind['done'] - 1}: {fault}"][:MOST_FAULTS]


def describe(state):
    """What was done so far, as lines."""
    goals = {name: importlib.import_module(f"tests.campaign.{name}").GOAL for name in KINDS}
    lines = [f"{datetime.now(UTC):%Y-%m-%d}:"]
    for name, words in KINDS.items():
        done, faults = state[name]["done"], state[name]["faults"]
        rest = "" if done >= goals[name] else f" (of {goals[name]:,}; not finished)"
        lines.append(f"  {done:,} {words}{rest}: {faults} faults")
        lines += [f"    {example}" for example in state[name]["examples"]]
    return lines


def main():
    """Run trials; exit with 1 if there were faults."""
    minutes = float(os.environ.get("CAMPAIGN_MINUTES", "600"))
    import_tensorflow()
    path, until = FOLDER / "state.json", time.monotonic() + 60 * minutes
    state = read_state(path)
    goals = {name: importlib.import_module(f"tests.campaign.{name}").GOAL for name in KINDS}
    while time.monotonic() < until and any(state[name]["done"] < goals[name] for name in KINDS):
        for name in KINDS:
            turn(name, state[name], until)
            write_text(path, json.dumps(state, indent=1))
            shutil.rmtree(FOLDER / "races", ignore_errors=True)
    print("\n".join(describe(state)))
    sys.exit(int(any(of_kind["faults"] for of_kind in state.values())))


if __name__ == "__main__":
    main()
