"""The results folder: files are written atomically and read back unchanged."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

import optbench
from optbench.errors import StoreError
from optbench.results import parquet
from optbench.results.maintenance import plan_pruning, prune, repair
from optbench.results.schemas import ARRAYS, CURVES, RUNS, TIMINGS
from optbench.results.store import Store
from optbench.results.study_json import from_json
from optbench.runtime.digests import write_with_digest
from optbench.runtime.files import file_name, study_name
from tests.report.made_up_results import Made, write


def run_rows(*run_ids, started_at="2026-01-01", status="done", **values):
    config = json.dumps({"optimizer": {"_target_": "m.adam", "learning_rate": 0.1}})
    rows = [
        {"run_id": r, "started_at": started_at, "status": status, "seed": 0, "steps": 1, "config": config, **values}
        for r in run_ids
    ]
    return pd.DataFrame(rows, columns=RUNS.names)


def curve_rows(*run_ids, value=0.5):
    rows = [{"run_id": r, "step": 0, "epoch": 0.0, "split": "train", "metric": "loss", "value": value} for r in run_ids]
    return pd.DataFrame(rows, columns=CURVES.names)


def array_rows(*run_ids, kind="path", values=(1.0, 2.0)):
    rows = [{"run_id": r, "kind": kind, "step": 0, "shape": [2], "values": list(values)} for r in run_ids]
    return pd.DataFrame(rows, columns=ARRAYS.names)


def study_content(runs):
    """A study file as it is on disk."""
    texts = {"name": "mine", "command": "", "started": "", "versions": "{}", "device": ""}
    return {**texts, "problems": {}, "runs": runs}


def study_file(runs):
    return from_json(study_content(runs))


def keep_only(store, *run_ids):
    """Let one study name these runs, and remove all others; how many these were."""
    labels = {"job": 0, "role": "run", "problem": "p", "setting": "s"}
    store.write_study("mine", study_file([{"run_id": run_id, **labels} for run_id in run_ids]))
    return prune(store, plan_pruning(store))


def contents(folder):
    """Every file below a folder with its content."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    return store


def test_what_was_written_is_read(store):
    store.write_shard(run_rows("a", "b"), curve_rows("a", "b"))
    runs = store.runs()
    assert list(runs["run_id"]) == ["a", "b"]
    assert list(store.curves(runs)["value"]) == [0.5, 0.5]
    assert store.finished_run_ids() == {"a", "b"}


def test_the_latest_row_of_a_run_and_its_curves_are_current(store):
    store.write_shard(run_rows("a"), curve_rows("a", value=1.0))
    store.write_shard(run_rows("a"), curve_rows("a", value=2.0))
    assert list(store.curves(store.runs())["value"]) == [2.0]


def test_merging_keeps_every_row_and_leaves_one_pair_of_files(store):
    stems = [store.write_shard(run_rows(name), curve_rows(name)) for name in "abc"]
    before = store.curves(store.runs()).sort_values("run_id", ignore_index=True)
    store.merge(stems)
    assert len(list(store.folder.glob("runs/*.parquet"))) == len(list(store.folder.glob("curves/*.parquet"))) == 1
    pd.testing.assert_frame_equal(store.curves(store.runs()).sort_values("run_id", ignore_index=True), before)


def test_an_unreadable_file_is_skipped_and_named_and_stays_where_it_is(store):
    store.write_shard(run_rows("a"), curve_rows("a"))
    bad = store.write_shard(run_rows("b"), curve_rows("b"))
    path = store.folder / "runs" / f"{bad}.parquet"
    path.write_bytes(path.read_bytes()[:100])
    before = contents(store.folder)
    assert list(store.runs()["run_id"]) == ["a"]
    assert store.finished_run_ids() == {"a"}
    assert list(store.unreadable) == [f"runs/{bad}.parquet"]
    assert "SHA-256 differs" in store.unreadable[f"runs/{bad}.parquet"]
    assert contents(store.folder) == before


@pytest.mark.parametrize("how", ["broken", "gone"])
def test_a_run_without_its_curves_is_not_finished(store, how):
    stem = store.write_shard(run_rows("a"), curve_rows("a"))
    path = store.folder / "curves" / f"{stem}.parquet"
    path.write_bytes(b"no table") if how == "broken" else path.unlink()
    assert store.finished_run_ids() == set()
    assert "its curves" in store.unreadable[f"runs/{stem}.parquet"]


def test_a_file_that_is_whole_again_is_read_again(store):
    stem = store.write_shard(run_rows("a"), curve_rows("a"))
    folder, away = store.folder / "curves", store.folder / "moved"
    folder.rename(away)
    assert store.finished_run_ids() == set()
    away.rename(folder)
    assert store.finished_run_ids() == {"a"}
    assert store.unreadable == {}
    assert stem


def test_an_error_of_the_system_moves_nothing(store, monkeypatch):
    stem = store.write_shard(run_rows("a"), curve_rows("a"))
    before = contents(store.folder)

    def refuse(path):
        """Reading is refused, as of a colleague's file."""
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("optbench.results.parquet.read_verified", refuse)
    assert store.runs().empty
    assert repair(store) == []
    monkeypatch.undo()
    assert contents(store.folder) == before | {store.folder / ".lock": b""}
    assert store.finished_run_ids() == {"a"}
    assert stem


def test_a_finished_row_takes_precedence_over_a_later_interrupted_one(store):
    store.write_shard(run_rows("a", started_at="2026-01-01"), curve_rows("a", value=1.0))
    store.write_shard(run_rows("a", started_at="2026-01-02", status="interrupted"), curve_rows("a", value=2.0))
    assert store.runs()["status"].tolist() == ["done"]
    assert store.curves(store.runs())["value"].tolist() == [1.0]


def test_curves_are_found_again_after_another_study_merged_them(store):
    stems = [store.write_shard(run_rows(name), curve_rows(name)) for name in "ab"]
    runs = store.runs()
    store.merge(stems)
    assert len(store.curves(runs)) == 2


def test_a_folder_is_listed_again_after_another_study_merged_a_file(store, monkeypatch):
    stems = [store.write_shard(run_rows(name), curve_rows(name)) for name in "ab"]
    right, merged = store._read_or_skip, []

    def read(path, schema):
        if not merged:
            merged.append(1)
            Store(store.folder).merge(stems)
        return right(path, schema)

    monkeypatch.setattr(store, "_read_or_skip", read)
    assert store.finished_run_ids() == {"a", "b"}


def test_a_clock_that_goes_back_does_not_make_old_rows_current(store):
    store.write_shard(run_rows("a", started_at="2026-01-02"), curve_rows("a", value=1.0))
    stem = store.write_shard(run_rows("a", started_at="2026-01-01"), curve_rows("a", value=2.0))
    for then in (lambda: None, lambda: (store.folder / ".serial").unlink()):
        then()
        assert store.curves(store.runs(["a"]))["value"].tolist() == [2.0]
        store.write_shard(run_rows("b"), curve_rows("b"))
    assert store.runs(["a"])["stem"].tolist() == [stem]
    assert sorted(store.runs()["serial"]) == [1, 3]


def test_arrays_are_read_by_run_and_kind_also_after_merging(store):
    stems = [
        store.write_shard(run_rows("a", "b"), curve_rows("a", "b"), array_rows("a", "b")),
        store.write_shard(run_rows("c"), curve_rows("c"), array_rows("c", kind="plane", values=(3.0, 4.0))),
        store.write_shard(run_rows("d"), curve_rows("d"), array_rows()),
    ]
    for then in (store.merge, len):
        runs = store.runs()
        assert sorted(store.arrays(runs)["run_id"]) == ["a", "b", "c"]
        assert store.arrays(runs, "plane")["values"].map(list).tolist() == [[3.0, 4.0]]
        assert store.arrays(store.runs(["b", "d"]))["run_id"].tolist() == ["b"]
        then(stems)
    assert len(list(store.folder.glob("arrays/*.parquet"))) == 1


def test_a_shard_without_arrays_has_no_arrays_file(store):
    stems = [store.write_shard(run_rows(name), curve_rows(name)) for name in "ab"]
    store.merge(stems)
    assert not list(store.folder.glob("arrays/*"))
    assert store.arrays(store.runs()).empty


def test_a_store_without_an_arrays_folder_is_read(store):
    stem = store.write_shard(run_rows("a"), curve_rows("a"))
    (store.folder / "arrays").rmdir()
    assert store.finished_run_ids() == {"a"}
    assert store.arrays(store.runs()).empty
    store.merge([stem, store.write_shard(run_rows("b"), curve_rows("b"))])
    assert keep_only(store, "b") == 1


def test_removing_runs_removes_their_arrays(store):
    store.write_shard(run_rows("a", "b"), curve_rows("a", "b"), array_rows("a", "b"))
    assert keep_only(store, "b") == 1
    assert store.arrays(store.runs())["run_id"].tolist() == ["b"]
    assert len(list(store.folder.glob("arrays/*.parquet"))) == 1


def test_a_run_with_unreadable_arrays_is_not_finished(store):
    stem = store.write_shard(run_rows("a"), curve_rows("a"), array_rows("a"))
    (store.folder / "arrays" / f"{stem}.parquet").write_bytes(b"no table")
    assert store.finished_run_ids() == set()
    assert "its arrays" in store.unreadable[f"runs/{stem}.parquet"]


def test_arrays_are_written_before_their_runs(store, monkeypatch):
    written = []
    monkeypatch.setattr("optbench.results.store.write_file", lambda path, table: written.append(path.parent.name))
    store.write_shard(run_rows("a"), curve_rows("a"), array_rows("a"))
    assert written == ["arrays", "curves", "runs"]


def test_other_files_among_the_study_files_are_ignored(store):
    store.write_study("mine", study_file([]))
    (store.folder / "studies" / "other.json").write_text("{")
    (store.folder / "studies" / "third.json").write_text("{}")
    assert list(store.readable_studies()) == ["mine"]
    for name in ("other", "third"):
        with pytest.raises(StoreError, match=name):
            store.read_study(name)


def test_a_file_with_other_columns_is_skipped(store):
    pd.DataFrame({"x": [1]}).to_parquet(store.folder / "runs" / "foreign.parquet")
    assert store.runs().empty
    assert store.unreadable == {"runs/foreign.parquet": "it has no column run_id"}


@pytest.mark.parametrize("change", [lambda t: t.assign(more=1), lambda t: t[list(reversed(t.columns))]])
def test_further_columns_and_their_order_do_no_harm_to_files_of_the_first_format(store, change):
    for part, rows in (("runs", run_rows("a")), ("curves", curve_rows("a"))):
        change(rows.drop(columns="serial", errors="ignore")).to_parquet(store.folder / part / "old.parquet")
    assert store.finished_run_ids() == {"a"}
    assert store.curves(store.runs())["value"].tolist() == [0.5]


def test_a_file_of_a_newer_format_is_left_alone(store):
    stem = store.write_shard(run_rows("a"), curve_rows("a"))
    path = store.folder / "runs" / f"{stem}.parquet"
    table = pq.read_table(path).replace_schema_metadata({"optbench.format": "99"})
    pq.write_table(table, path)
    write_with_digest(path, path.read_bytes())
    assert store.runs().empty
    assert "newer optbench (format 99" in store.unreadable[f"runs/{stem}.parquet"]
    assert repair(store) == []


def test_no_temporary_file_remains(store):
    store.write_shard(run_rows("a"), curve_rows("a"))
    store.write_study("s", study_file([]))
    assert not [p for p in store.folder.rglob("*") if p.name.endswith(".tmp")]


def test_an_interrupted_write_leaves_no_table(store, monkeypatch):
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        store.write_shard(run_rows("a"), curve_rows("a"))
    monkeypatch.undo()
    assert store.runs().empty


@pytest.mark.parametrize("status", ["failed", "interrupted"])
def test_a_failed_or_interrupted_run_is_not_finished(store, status):
    store.write_shard(run_rows("a", status=status), curve_rows("a"))
    assert store.finished_run_ids() == set()


def test_load_adds_labels_and_hyperparameters(store):
    store.write_shard(run_rows("a", "b"), curve_rows("a", "b"))
    runs = [{"run_id": "a", "job": 0, "role": "run", "problem": "p", "setting": "adam"}]
    store.write_study("mine", study_file(runs))
    loaded, curves = optbench.load(store.folder, study="mine")
    assert loaded[["run_id", "study", "job", "role", "problem", "setting"]].to_numpy().tolist() == [
        ["a", "mine", 0, "run", "p", "adam"]
    ]
    assert loaded["hp.learning_rate"].tolist() == [0.1]
    assert set(curves["run_id"]) == {"a"}


def test_the_error_on_an_unknown_study_names_the_existing_ones(store):
    store.write_study("mine", study_file([]))
    with pytest.raises(StoreError, match=r"There is no study `yours` in .*There is: mine"):
        optbench.load(store.folder, study="yours")


def test_loading_from_an_empty_folder_gives_empty_tables(store):
    runs, curves = optbench.load(store.folder)
    assert runs.empty
    assert curves.empty


WINDOWS = [
    "CON",
    "con",
    "nul.json",
    "COM1",
    "lpt9.x",
    "CON ",
    "aux .txt",
    "a.",
    "a ",
    "...",
    "C:\\x",
    "a:b",
    'a"b',
    "a|b?*",
]


@pytest.mark.parametrize("name", WINDOWS)
def test_windows_takes_a_file_name(name):
    file = file_name(name)
    assert not set(file) & set('<>:"/\\|?*')
    assert not file.endswith((".", " "))
    assert file.split(".")[0].rstrip().upper() not in {"CON", "NUL", "AUX", "COM1", "LPT9"}


@pytest.mark.parametrize(
    "name", ["a", "a b", "../../etc", "<script>alert(1)</script>", ".hidden", "..", "50%~x", "é", *WINDOWS]
)
def test_a_file_name_is_converted_back_to_any_study_name(name):
    assert study_name(file_name(name)) == name
    assert "/" not in file_name(name)
    assert not file_name(name).startswith(".")


def test_the_latest_step_time_is_current(store):
    for measured_at, step_s in (("2026-01-02", 2.0), ("2026-01-01", 1.0)):
        row = {"problem_id": "p", "setting_id": "s", "measured_at": measured_at, "step_s": step_s, "moved": True}
        store.write_timings(pd.DataFrame([{**row, "rounds": 6}], columns=TIMINGS.names))
    assert store.timings()["step_s"].tolist() == [2.0]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="`results_dir` cannot be written to"):
        Store(tmp_path / "file" / "results").prepare()


def test_merging_keeps_the_current_row_of_a_run_that_paused_and_went_on(tmp_path):
    write(tmp_path, Made(seeds=2, points=3, optimizers=("sgd",), timed=False))
    store = Store(tmp_path)
    runs = store.runs().drop(columns="stem")
    curves = store.curves(store.runs())
    first = runs.iloc[:1]["run_id"].tolist()
    stem = store.write_shard(runs.assign(status="pruned"), curves[curves["step"] < 400])
    later = store.write_shard(runs.head(1).assign(status="pruned"), curves[curves["run_id"].isin(first)])
    merged = Store(tmp_path)
    for path in (tmp_path / "runs").glob("*.parquet"):
        if path.stem not in (stem, later):
            merged.remove([path.stem])
    merged.merge([stem, later])
    (file,) = (tmp_path / "runs").glob("*.parquet")
    assert sorted(pd.read_parquet(file)["run_id"]) == sorted(runs["run_id"])
    found = merged.curves(merged.runs())
    steps = found.groupby("run_id")["step"].max()
    assert (steps[first] == 660).all()
    assert (steps.drop(first) < 400).all()
    assert not found.duplicated(["run_id", "step", "split", "metric"]).any()
    assert merged.statuses() == dict.fromkeys(runs["run_id"], "pruned")


def test_statuses_are_those_of_the_current_rows(tmp_path):
    write(tmp_path, Made(seeds=3, points=2, timed=False))
    store = Store(tmp_path)
    runs = store.runs().drop(columns="stem")
    for status in ("failed", "diverged", "interrupted"):
        rows = runs.head(2).assign(status=status)
        store.write_shard(rows, store.curves(store.runs()).head(0))
    expected = store.runs().set_index("run_id")["status"].to_dict()
    assert store.statuses() == expected
    assert "diverged" in expected.values()


def test_files_are_merged_a_few_at_a_time(store, monkeypatch):
    monkeypatch.setattr(parquet, "ROWS", len(curve_rows("a", "b")))
    names = "abcde"
    stems = [store.write_shard(run_rows(name), curve_rows(name)) for name in names]
    expected = store.curves(store.runs())
    store.merge(stems)
    (path,) = (store.folder / "curves").glob("*.parquet")
    assert pq.ParquetFile(path).num_row_groups == 3
    found = store.curves(store.runs())
    by = list(expected.columns)
    pd.testing.assert_frame_equal(
        found.sort_values(by, ignore_index=True), expected.sort_values(by, ignore_index=True), check_exact=True
    )


def test_a_shard_that_cannot_be_read_is_left_out_of_a_merge_and_of_nothing_else(store, monkeypatch):
    good, bad, other = (store.write_shard(run_rows(name), curve_rows(name)) for name in "abc")
    right = store._read_part
    monkeypatch.setattr(
        store, "_read_part", lambda part, stem: None if (part, stem) == ("curves", bad) else right(part, stem)
    )
    store.merge([good, bad, other])
    assert len(list((store.folder / "curves").glob("*.parquet"))) == 2
    assert (store.folder / "runs" / f"{bad}.parquet").exists()
    assert set(Store(store.folder).runs()["run_id"]) == set("abc")
