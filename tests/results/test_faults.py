"""Robustness of results: damaged bits, pruning during writes, study files of any kind, foreign files."""

import json
import os
import threading

import numpy as np
import pytest

from optbench.errors import StoreError
from optbench.results.maintenance import plan_pruning, prune, repair
from optbench.results.store import Store
from optbench.runtime.digests import Damaged, digest_path, read_verified, write_with_digest
from tests.results.test_store import curve_rows, run_rows, study_content, study_file

LABELS = {"job": 0, "role": "run", "problem": "p", "setting": "s"}


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    return store


def name_runs(store, study, *run_ids):
    """Write a study file that names runs."""
    store.write_study(study, study_file([{"run_id": run_id, **LABELS} for run_id in run_ids]))


@pytest.mark.parametrize("flips", [50, pytest.param(1000, marks=pytest.mark.heavy)])
def test_no_flipped_bit_becomes_another_number(store, flips):
    """Flips in files of every kind: the numbers are the same, or the file is named and skipped."""
    store.write_shard(run_rows("a", "b"), curve_rows("a", "b"))
    store.write_shard(run_rows("c"), curve_rows("c", value=1.0))
    name_runs(store, "mine", "a", "b", "c")
    files = sorted(path for path in store.folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    generator = np.random.default_rng(0)
    right, silent, skipped = tables(store.folder), 0, 0
    for number in range(flips):
        path = files[number % len(files)]
        content = path.read_bytes()
        bit = int(generator.integers(8 * len(content)))
        path.write_bytes(content[: bit // 8] + bytes([content[bit // 8] ^ (1 << bit % 8)]) + content[bit // 8 + 1 :])
        for each in (path, digest_path(path)):  # as it would be long after it was written
            if each.exists():
                os.utime(each, (0, 0))
        found = tables(store.folder)
        skipped += found != right
        silent += not all(mine is None or mine == theirs for mine, theirs in zip(found, right, strict=True))
        assert path.exists()
        path.write_bytes(content)
    assert silent == 0
    assert skipped > flips / 2  # a flip in the name of a file that stands beside its digest changes nothing


def tables(folder):
    """What is read: each run with its curve, or None where it is left out; and the study file."""
    store = Store(folder)
    curves = store.curves(store.runs())
    values = {run: tuple(rows["value"]) for run, rows in curves.groupby("run_id")}
    try:
        study = store.read_study("mine")
    except StoreError:
        study = None
    return [*(values.get(run) for run in "abc"), study]


def test_pruning_beside_writers_loses_no_named_run(store):
    """Three writers finish, name and merge runs while runs that no study names are removed again and again."""
    store.write_shard(run_rows(*[f"old{i}" for i in range(20)]), curve_rows(*[f"old{i}" for i in range(20)]))
    done, removed = threading.Event(), []

    def sweep(number):
        """A study: it names its runs, finishes them shard by shard and merges the shards."""
        own, names = Store(store.folder), [f"{number}-{i}" for i in range(12)]
        name_runs(own, f"study{number}", *names)
        own.merge([own.write_shard(run_rows(name), curve_rows(name)) for name in names])

    def prune_all():
        """Remove what no study names, until the writers are done."""
        while not done.is_set():
            own = Store(store.folder)
            removed.append(prune(own, plan_pruning(own)))

    name_runs(store, "first", "old0")
    writers = [threading.Thread(target=sweep, args=(number,)) for number in range(3)]
    pruner = threading.Thread(target=prune_all)
    for thread in (pruner, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    pruner.join()
    runs = store.runs()
    assert set(runs["run_id"]) == {"old0", *(f"{number}-{i}" for number in range(3) for i in range(12))}
    assert len(store.curves(runs)) == 37
    assert sum(removed) == 19
    assert store.unreadable == {}


ODD = {
    "null": {"started": None},
    "a number among the runs": {"runs": [5]},
    "runs without labels": {"runs": [{"run_id": "a"}]},
    "problems as a list": {"problems": []},
    "jobs as a text": {"jobs": "none"},
}
ODD_TEXTS = {"broken": "{", "deep": "[" * 100_000, "a list": "[]", "binary": "\0\1", "another key": '{"name": "x"}'}


@pytest.mark.parametrize("text", [*[json.dumps(study_content([]) | odd) for odd in ODD.values()], *ODD_TEXTS.values()])
def test_an_odd_study_file_is_named_and_skipped(store, text):
    store.write_shard(run_rows("a", "b"), curve_rows("a", "b"))
    name_runs(store, "good", "a", "b")
    (store.folder / "studies" / "odd.json").write_text(text)
    studies, faults = store.studies.readable()
    assert list(studies) == ["good"]
    assert len(faults) == 1
    assert "odd.json" in faults[0]
    assert plan_pruning(store).run_ids == set()


def test_runs_that_a_broken_study_file_names_are_not_removed(store):
    ids = ["0123456789abcdef", "fedcba9876543210"]
    store.write_shard(run_rows(*ids, "rest"), curve_rows(*ids, "rest"))
    name_runs(store, "good", ids[0])
    (store.folder / "studies" / "odd.json").write_text(f'{{"runs": [{{"run_id": "{ids[1]}"')
    assert plan_pruning(store).run_ids == {"rest"}


def test_nothing_is_removed_where_no_study_names_a_run(store):
    store.write_shard(run_rows("a"), curve_rows("a"))
    with pytest.raises(StoreError, match=r"no study file in .* names any of the 1 runs"):
        plan_pruning(store)


def test_only_files_of_our_making_are_removed(store):
    store.write_shard(run_rows("a"), curve_rows("a"))
    name_runs(store, "mine", "a")
    ours = [f"weights/{'0' * 16}.npz", f"weights/{'0' * 16}.txt", f"checkpoints/{'0' * 16}/step-00000001.npz"]
    foreign = ["weights/notes.md", "weights/model.npz", "checkpoints/mine/thesis.tex", "weights/a"]
    for name in (*ours, *foreign):
        (store.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (store.folder / name).write_text("x")
    prune(store, plan_pruning(store))
    assert [name for name in ours if (store.folder / name).exists()] == []
    assert [name for name in foreign if not (store.folder / name).exists()] == []


def test_abandoned_files_are_removed_and_those_being_written_are_not(store, monkeypatch):
    store.write_shard(run_rows("a"), curve_rows("a"))
    name_runs(store, "mine", "a")
    for name in ("runs/.x.tmp", "curves/orphan.parquet", "curves/lonely.parquet.sha256"):
        (store.folder / name).write_bytes(b"x")
    assert plan_pruning(store).leftovers == []
    monkeypatch.setattr("optbench.results.maintenance.ABANDONED_S", -1.0)
    prune(store, plan_pruning(store))
    assert sorted(path.name for path in store.folder.rglob("*") if path.suffix in (".tmp", ".sha256")) == sorted(
        digest_path(path).name for path in store.folder.rglob("*") if path.suffix in (".parquet", ".json")
    )
    assert set(store.runs()["run_id"]) == {"a"}


def test_repair_sets_damaged_files_aside_with_what_belongs_to_them(store):
    bad = store.write_shard(run_rows("a"), curve_rows("a"))
    store.write_shard(run_rows("b"), curve_rows("b"))
    (store.folder / "curves" / f"{bad}.parquet").write_bytes(b"damaged")
    assert repair(store) == [f"runs-{bad}.parquet", f"curves-{bad}.parquet"]
    assert store.quarantined_files() == [f"curves-{bad}.parquet", f"runs-{bad}.parquet"]
    again = Store(store.folder)
    assert set(again.runs()["run_id"]) == {"b"}
    assert again.unreadable == {}
    assert repair(again) == []


def test_a_file_that_is_replaced_is_never_taken_for_damaged(tmp_path):
    path, faults = tmp_path / "file", []
    write_with_digest(path, b"0")
    done = threading.Event()

    def read():
        """Read until the writer is done."""
        while not done.is_set():
            try:
                read_verified(path)
            except Damaged as error:
                faults.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(200):
        write_with_digest(path, b"%d" % number)
    done.set()
    reader.join()
    assert faults == []
    assert read_verified(path) == b"199"


def test_results_of_the_first_format_are_read(tmp_path):
    folder = tmp_path / "results"
    for part, rows in (("runs", run_rows("a").drop(columns="serial")), ("curves", curve_rows("a"))):
        (folder / part).mkdir(parents=True)
        rows.to_parquet(folder / part / "old.parquet")
    store = Store(folder)
    assert store.finished_run_ids() == {"a"}
    store.write_shard(run_rows("a", started_at="2020-01-01"), curve_rows("a", value=2.0))
    assert store.curves(store.runs())["value"].tolist() == [2.0]
