"""The tables on disk: writing shards as they finish, and reading a whole study.

make bench
"""

import numpy as np
import pandas as pd
import pytest

from optbench.problem.built import BuiltProblems
from optbench.results.store import Store
from optbench.sweep.execute import Launch
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.sweep.threads import Threads
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of

SHARDS, POINTS = 40, 100


@pytest.fixture(scope="module")
def tables():
    """The rows of one shard of 8 runs and 100 evaluation points, as training makes them."""
    built_problems = BuiltProblems()
    runs = runs_of(make_problem(epochs=2, points=3), make_setting("sgd"), seeds=range(8))
    (shard,) = cut_shards(runs, built_problems, "graph", workers=1)
    made = Threads(Launch(built_problems, Programs(built_problems), 1)).train(shard, lambda steps: None, lambda: False)
    first = made.curves[made.curves["step"] == 0]
    curves = pd.concat([first.assign(step=33 * i, epoch=float(i)) for i in range(POINTS)], ignore_index=True)
    return made._replace(curves=curves.assign(value=np.linspace(0.0, 1.0, len(curves))))


def of_another_shard(tables, number):
    """The same rows under other ids."""
    runs, curves = (t.assign(run_id=t["run_id"] + f"-{number}") for t in tables[:2])
    return runs, curves, tables.arrays


@pytest.mark.benchmark(group="store, 40 shards of 8 runs and 100 points")
def test_write(benchmark, tables, tmp_path):
    shards = [of_another_shard(tables, number) for number in range(SHARDS)]
    stores = iter(range(10**6))

    def write():
        store = Store(tmp_path / str(next(stores)))
        store.prepare()
        store.merge([store.write_shard(*shard) for shard in shards])
        return store

    store = benchmark.pedantic(write, rounds=5, warmup_rounds=1)
    assert len(store.runs()) == 8 * SHARDS


@pytest.mark.benchmark(group="store, 40 shards of 8 runs and 100 points")
def test_read(benchmark, tables, tmp_path):
    store = Store(tmp_path)
    store.prepare()
    for number in range(SHARDS):
        store.write_shard(*of_another_shard(tables, number))

    def read():
        runs = store.runs()
        return runs, store.curves(runs)

    runs, curves = benchmark.pedantic(read, rounds=5, warmup_rounds=1)
    assert (len(runs), len(curves)) == (8 * SHARDS, SHARDS * len(tables.curves))
    benchmark.extra_info["rows_of_curves"] = len(curves)
