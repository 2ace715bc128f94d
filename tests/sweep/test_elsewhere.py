"""Shards in other processes: the same curves, and what becomes of a shard whose worker dies."""

import json
import os
import sys
import textwrap
from dataclasses import replace

import dask
import distributed  # which has defaults of its own for dask.config
import pandas as pd
import pytest

from optbench.config.build import TARGET
from optbench.config.sources import Sources
from optbench.errors import ConfigError, OptbenchError
from optbench.problem.built import BuiltProblems
from optbench.spec.job import SaveOptions
from optbench.spec.run import Setting, Stopping
from optbench.sweep import cluster, parcel, processes
from optbench.sweep.execute import Launch
from optbench.sweep.plan import cut_shards
from optbench.sweep.processes import Processes
from optbench.sweep.programs import Programs
from optbench.sweep.remote import WorkerState
from optbench.sweep.threads import Threads
from tests import forks
from tests.conftest import make_problem, make_setting
from tests.sweep.test_execute import RUNS, SORTED, executed
from tests.training.helpers import runs_of

ELSEWHERE = {"processes": Processes, "dask": cluster.dask()}
DEADLY = """
import os, pathlib, signal
from optbench.optimizers.sgd import sgd

def rule(learning_rate: float, deaths: int = 1, folder: str = "."):
    right = sgd(learning_rate)
    def update(grads, state, params):
        died = len(list(pathlib.Path(folder).glob("death-*")))
        if died < deaths:
            pathlib.Path(folder, f"death-{died}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return right.update(grads, state, params)
    return right._replace(update=update)
"""


@pytest.fixture(autouse=True)
def workers_that_have_tensorflow():
    """Dask starts its workers as forks too: ours are."""
    forks.context()
    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        yield


@pytest.fixture
def deadly(tmp_path, monkeypatch):
    """The setting of a rule that kills its process while it is traced, for the first ``deaths`` times."""
    (tmp_path / "deadly_rule.py").write_text(textwrap.dedent(DEADLY))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))

    def setting(deaths):
        node = {TARGET: "deadly_rule.rule", "learning_rate": 0.1, "deaths": deaths, "folder": str(tmp_path)}
        return Setting(node, make_setting().schedule, {"optimizer": "deadly", "schedule": "constant"})

    return setting


@pytest.fixture(scope="module")
def on_threads(tmp_path_factory):
    store, _ = executed(tmp_path_factory.mktemp("threads"), RUNS, 2)
    return store.curves(store.runs()).sort_values(SORTED, ignore_index=True)


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_the_curves_are_those_of_threads_to_the_last_bit(kind, on_threads, tmp_path):
    store, watcher = executed(tmp_path, RUNS, 2, ELSEWHERE[kind])
    assert watcher.ended == ["done"] * 20
    curves = store.curves(store.runs()).sort_values(SORTED, ignore_index=True)
    pd.testing.assert_frame_equal(on_threads, curves, check_exact=True)


def test_runs_that_stop_early_in_a_process_stop_and_end_as_on_threads(tmp_path):
    problem = replace(make_problem("iris", "mlp", epochs=12, points=13), stopping=Stopping(2, "valid.loss"))
    runs = runs_of(problem, make_setting("adam", learning_rate=0.3), identify_data=True)
    found = []
    for name, executor in {"threads": Threads, "processes": Processes}.items():
        store, _ = executed(tmp_path / name, runs, 1, executor)
        rows = store.runs().sort_values("run_id", ignore_index=True)
        found.append((rows, store.curves(rows).sort_values(SORTED, ignore_index=True)))
    (rows, curves), (others, of_others) = found
    pd.testing.assert_frame_equal(curves, of_others, check_exact=True)
    pd.testing.assert_series_equal(rows["status_detail"], others["status_detail"])
    assert set(others["status"]) == {"done"}
    assert others["status_detail"].str.contains("Stopped early after").any()


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_a_shard_whose_worker_is_killed_is_tried_again(kind, deadly, tmp_path):
    runs = runs_of(make_problem("iris", "softmax"), deadly(deaths=1), make_setting("sgd"), identify_data=True)
    _, watcher = executed(tmp_path, runs, 2, ELSEWHERE[kind])
    assert watcher.ended == ["done"] * 6
    assert (tmp_path / "death-0").exists()


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_a_shard_whose_workers_keep_dying_fails_with_the_reason_and_the_others_are_trained(kind, deadly, tmp_path):
    runs = runs_of(make_problem("iris", "softmax"), deadly(deaths=99), make_setting("sgd"), identify_data=True)
    store, _ = executed(tmp_path, runs, 2, ELSEWHERE[kind])
    rows = store.runs().set_index("optimizer")
    assert set(rows.loc["sgd", "status"]) == {"done"}
    assert set(rows.loc["deadly", "status"]) == {"failed"}
    assert rows.loc["deadly", "status_detail"].str.contains(r"died.*3").all()
    assert len(list(tmp_path.glob("death-*"))) == 3


def test_a_process_that_compiled_many_programs_is_replaced(monkeypatch):
    monkeypatch.setattr(processes, "MOST_PROGRAMS", 2)
    ended, worker = [], processes.Worker()
    monkeypatch.setattr(worker, "end", lambda: ended.append(True))
    for program, expected in (("a", 0), ("b", 0), ("a", 0), ("c", 1), ("a", 1), ("a", 1), ("b", 2)):
        worker.make_room_for(program)
        assert len(ended) == expected


def test_a_shard_survives_the_journey():
    built_problems = BuiltProblems()
    for shard in cut_shards(RUNS, built_problems, "auto", workers=1):
        arrived = parcel.unpack_shard(parcel.pack_shard(shard, None, SaveOptions()), built_problems, Sources())[0]
        assert (arrived.program, arrived.runs, arrived.floats) == (shard.program, shard.runs, shard.floats)


def test_rows_survive_the_journey(tmp_path):
    store, _ = executed(tmp_path, RUNS[:2], 1)
    runs = store.runs().drop(columns="stem")
    found = pd.DataFrame([{"run_id": "a", "kind": "path", "step": 3, "shape": [2, 1], "values": [0.1, -1e300]}])
    tables = parcel.Tables(runs, store.curves(store.runs()), found)
    arrived = parcel.tables_of(parcel.bytes_of(tables))
    pd.testing.assert_frame_equal(arrived.runs, runs, check_exact=True)
    pd.testing.assert_frame_equal(arrived.curves, tables.curves, check_exact=True)
    assert arrived.arrays.map(list_or_same).equals(found)


def list_or_same(value):
    return value.tolist() if hasattr(value, "tolist") else value


def test_a_worker_with_other_sources_refuses():
    (shard, *_) = cut_shards(RUNS, BuiltProblems(), "auto", workers=1)
    content = json.loads(parcel.pack_shard(shard, None, SaveOptions()))
    content["runs"][0]["run_id"] = "of another version"
    with pytest.raises(ConfigError, match=r"other code or data of iris, mlp.*Install the same there"):
        WorkerState().train(json.dumps(content), lambda steps: None, lambda: False)


def test_a_refused_shard_fails_with_the_refusal(tmp_path):
    runs = [replace(run, run_id=f"other {run.seed}") for run in RUNS[:2]]
    store, watcher = executed(tmp_path, runs, 1, Processes)
    assert watcher.ended == ["failed"] * 2
    assert store.runs()["status_detail"].str.contains("other code or data").all()


def test_a_worker_is_asked_to_stop(tmp_path):
    problem = make_problem("iris", "softmax", epochs=5000, points=5000)
    built_problems = BuiltProblems()
    (shard,) = cut_shards(runs_of(problem, make_setting("sgd"), identify_data=True), built_problems, "auto", 1)
    processes = Processes(Launch(built_problems, Programs(built_problems), 1))
    made = []
    tables = processes.train(shard, made.append, lambda: len(made) > 3)
    processes.close()
    assert set(tables.runs["status"]) == {"interrupted"}
    assert len(tables.curves) > 0


def test_no_scheduler_is_one_line(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_S", 1)
    with pytest.raises(ConfigError, match=r"`executor\.address` must be.*Received: tcp://127\.0\.0\.1:1\."):
        cluster.dask("tcp://127.0.0.1:1")(Launch(BuiltProblems(), Programs(BuiltProblems()), 1))


def test_what_is_not_installed_is_one_line():
    with pytest.raises(ConfigError, match=r"`executor` needs no_such_module\. Install it: pip install"):
        cluster.import_extra("no_such_module")


@pytest.mark.parametrize(("name", "sign"), [("SLURMCluster", "#SBATCH -p fast"), ("PBSCluster", "#PBS -q fast")])
def test_a_queueing_system_is_asked_for_jobs(name, sign, monkeypatch):
    asked = []
    monkeypatch.setattr(cluster, "ask_for_jobs", lambda made, count: asked.append((count, made.job_script())))
    executor = cluster.jobs(name, count=3, cores=2, queue="fast")(Launch(BuiltProblems(), Programs(BuiltProblems()), 1))
    assert executor.at_once(1) == 6
    executor.close()
    count, script = asked[0]
    assert count == 3
    assert sign in script
    assert "dask_worker" in script


def test_an_unknown_queueing_system_is_one_line():
    with pytest.raises(OptbenchError, match=r"`executor\.cluster` must be.*Received: MyCluster\."):
        cluster.jobs("MyCluster")(Launch(BuiltProblems(), Programs(BuiltProblems()), 1))


def test_another_dask_on_this_machine_is_not_in_the_way(monkeypatch):
    made = []
    monkeypatch.setattr(distributed, "LocalCluster", lambda **options: made.append(options))
    monkeypatch.setattr(distributed, "Client", lambda cluster: None)
    cluster.dask()(Launch(BuiltProblems(), Programs(BuiltProblems()), 1))
    assert made[0]["dashboard_address"] == ":0"  # null would be port 8787, with a warning where it is taken
