"""Four writers, a pruner and a reader on one results folder: no run of a study is lost or changed."""

import threading
import time

from optbench.results.maintenance import plan_pruning, prune
from optbench.results.store import Store
from tests.results.test_faults import name_runs
from tests.results.test_store import curve_rows, run_rows

GOAL = 120  # of SECONDS each: ten minutes
SECONDS, WRITERS = 5.0, 4


def trial(number, folder, seconds=SECONDS):
    """Let all work for some seconds; a sentence for each fault."""
    place = folder / str(number)
    Store(place).prepare()
    until, faults, written = time.monotonic() + seconds, [], [[] for _ in range(WRITERS)]

    def run(work):
        try:
            work()
        except Exception as error:  # whatever it is, it is a fault
            faults.append(f"{type(error).__name__}: {error}")

    def write(writer):
        store = Store(place)
        while time.monotonic() < until:
            run_id = f"w{writer}r{len(written[writer])}"
            name_runs(store, f"study{writer}", *written[writer], run_id)
            stem = store.write_shard(run_rows(run_id), curve_rows(run_id, value=float(writer)))
            written[writer].append(run_id)
            if len(written[writer]) % 5 == 0:
                store.merge([stem])

    def prune_often():
        store = Store(place)
        while time.monotonic() < until:
            prune(store, plan_pruning(store))
            time.sleep(0.05)

    def read():
        while time.monotonic() < until:
            faults.extend(differences(place))

    works = [*(lambda writer=writer: write(writer) for writer in range(WRITERS)), prune_often, read]
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    there = set(Store(place).runs()["run_id"])
    lost = [run_id for of_writer in written for run_id in of_writer if run_id not in there]
    return "; ".join([*faults, *differences(place), *(f"{run_id} is lost" for run_id in lost)])


def differences(place):
    """Runs whose curve is not the one that was written."""
    store = Store(place)
    curves = store.curves(store.runs())
    wrong = curves[curves["value"] != curves["run_id"].str[1].astype(float)]
    return [f"{run_id} is different" for run_id in wrong["run_id"]]
