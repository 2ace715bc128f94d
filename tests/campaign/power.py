"""Power failures: no run that was reported as done is lost or changed."""

import shutil

import numpy as np
import pytest

from optbench.results.store import Store
from optbench.results.study_json import from_json
from tests.campaign.lossy_disk import LossyDisk
from tests.results.test_store import curve_rows, run_rows, study_content

SHARDS = 6


class Written:
    """A store that was written on a lossy disk, and how many operations had been made when each run was done.

    Args:
        folder: of the store.
        monkeypatch: of pytest.
    """

    def __init__(self, folder, monkeypatch):
        self.store = Store(folder)
        self.store.prepare()
        self.disk, self.done = LossyDisk(self.store.folder, monkeypatch), {}
        labels = {"job": 0, "role": "run", "problem": "p", "setting": "s"}
        stems, runs = [], []
        for number in range(SHARDS):
            run_id = f"run{number}"
            runs.append({"run_id": run_id, **labels})
            self.store.write_study("mine", from_json(study_content(runs)))
            named = len(self.disk.operations)
            rows, curves = run_rows(run_id), curve_rows(run_id, value=float(number))
            stems.append(self.store.write_shard(rows.assign(status_detail="", optimizer="sgd"), curves))
            self.done[run_id] = len(self.disk.operations)
            if number == SHARDS // 2:
                self.store.merge(stems)
                stems = []
            self.named = named
        self.store.merge(stems)

    def faults(self, moment, generator, place):
        """What is lost or different after a power cut, a sentence each."""
        self.disk.cut(moment, generator, place)
        store = Store(place)
        found = store.runs()
        curves = store.curves(found) if len(found) else None
        sentences = []
        for run_id, at in self.done.items():
            value = float(run_id.removeprefix("run"))
            known = run_id in set(found["run_id"])
            if at <= moment and not known:
                sentences.append(f"{run_id}, done after {at} operations, is lost after {moment}.")
            if known:
                got = curves.loc[curves["run_id"] == run_id, "value"].tolist()
                sentences += [] if got == [value] else [f"{run_id} has {got} in place of {value} after {moment}."]
        if moment >= self.named and "mine" not in store.studies.readable()[0]:
            sentences.append(f"The study file is lost after {moment}.")
        return sentences


def cuts(written, count, seed, folder):
    """Make ``count`` random cuts; the sentences of :meth:`Written.faults`."""
    generator = np.random.default_rng(seed)
    moments = generator.integers(0, len(written.disk.operations) + 1, count)
    return [fault for n, m in enumerate(moments) for fault in written.faults(int(m), generator, folder / str(n))]


GOAL = 200
_written = {}  # the recorded store, by the folder of the campaign


def trial(number, folder):
    """One power cut at a random moment; a sentence for what is lost or different, else nothing."""
    if folder not in _written:
        with pytest.MonkeyPatch.context() as patch:
            shutil.rmtree(folder / "store", ignore_errors=True)
            _written[folder] = Written(folder / "store", patch)
    place = folder / f"cut-{number}"
    faults = cuts(_written[folder], 1, number, place)
    shutil.rmtree(place, ignore_errors=True)
    return " ".join(faults)
