"""Runs that are recorded while any framework trains them."""

import re

import numpy as np
import pytest

import optbench as ob
from optbench.errors import ConfigError, StoreError
from tests.importing.tables import finals


def record(folder, optimizer, seed, losses, rate=0.1, study="mine", **arguments):
    """Record a run with these losses."""
    hyperparameters = {"lr": rate}
    with ob.record(
        study, problem="p", optimizer=optimizer, seed=seed, hyperparameters=hyperparameters, results_dir=folder,
        **arguments,
    ) as run:  # fmt: skip
        for step, loss in enumerate(losses):
            run.log(10 * step, split="valid", epoch=step, loss=loss)


def test_recorded_runs_are_a_study(tmp_path):
    for seed in range(6):
        record(tmp_path, "sgd", seed, [2.0, 1.0 + 0.01 * seed])
        record(tmp_path, "adam", seed, [2.0, 0.5 + 0.01 * seed])
    study = ob.load_study("mine", tmp_path)
    assert study.leaderboard["optimizer"].tolist() == ["adam", "sgd"]
    assert study.runs["hp.learning_rate"].tolist() == [0.1] * 12
    assert study.runs["setting"].unique().tolist() == ["sgd", "adam"]
    assert study.curves.groupby("run_id").size().tolist() == [2] * 12
    assert (study.runs["train_s"] >= 0).all()
    assert study.verdict.command == "optbench.load_study('mine')"


def test_labels_tell_settings_apart_once_there_are_several(tmp_path):
    record(tmp_path, "sgd", 0, [1.0])
    assert ob.load_study("mine", tmp_path).runs["setting"].tolist() == ["sgd"]
    record(tmp_path, "sgd", 0, [1.0], rate=0.2)
    expected = ["sgd learning_rate=0.1", "sgd learning_rate=0.2"]
    assert sorted(ob.load_study("mine", tmp_path).runs["setting"]) == expected


def test_a_run_that_is_recorded_again_replaces_the_earlier_one(tmp_path):
    record(tmp_path, "sgd", 0, [1.0])
    record(tmp_path, "sgd", 0, [0.25])
    study = ob.load_study("mine", tmp_path)
    assert study.curves["value"].tolist() == [0.25]


def train_until_memory_ends(folder):
    with ob.record("mine", problem="p", optimizer="a", seed=0, results_dir=folder) as run:
        run.log(0, loss=1.0)
        raise RuntimeError("no memory")


def test_a_run_that_raises_failed_and_one_without_a_finite_end_diverged(tmp_path):
    with pytest.raises(RuntimeError, match="no memory"):
        train_until_memory_ends(tmp_path)
    record(tmp_path, "b", 0, [1.0, np.nan])
    runs = ob.load_study("mine", tmp_path).runs.set_index("optimizer")
    assert runs["status"].to_dict() == {"a": "failed", "b": "diverged"}
    assert runs.loc["a", "status_detail"] == "RuntimeError: no memory"
    assert runs.loc["b", "diverged_at_step"] == 10


def record_nothing(folder, error=None, **arguments):
    with ob.record("mine", problem="p", optimizer="a", seed=0, results_dir=folder, **arguments):
        if error is not None:
            raise error


def test_a_run_without_a_value_failed(tmp_path):
    record_nothing(tmp_path, minimize=["energy"])
    runs = ob.load_study("mine", tmp_path).runs
    assert runs[["status", "status_detail"]].to_numpy().tolist() == [["failed", "No value was recorded."]]


def test_an_error_before_the_first_value_is_raised_and_recorded(tmp_path):
    with pytest.raises(RuntimeError, match="no data"):
        record_nothing(tmp_path, RuntimeError("no data"))
    assert ob.load_study("mine", tmp_path).runs["status_detail"].tolist() == ["RuntimeError: no data"]


def test_a_run_without_values_does_not_decide_what_is_compared(tmp_path):
    record_nothing(tmp_path)
    for name, score in (("b", 0.5), ("c", 0.75)):
        with ob.record("mine", problem="p", optimizer=name, seed=0, results_dir=tmp_path) as run:
            run.log(1, test_score=score)
        record_nothing(tmp_path)
    study = ob.load_study("mine", tmp_path)
    assert str(study.result.file.decide_by) == "test.score"
    assert study.leaderboard["optimizer"].tolist() == ["c", "b"]


def test_a_run_may_end_before_it_records_a_metric_of_a_declared_direction(tmp_path):
    with ob.record("mine", problem="p", optimizer="a", seed=0, minimize="energy", results_dir=tmp_path) as run:
        run.log(0, loss=1.0)
    assert ob.load_study("mine", tmp_path).runs["status"].tolist() == ["done"]


def test_the_name_of_a_metric_has_its_split(tmp_path):
    with ob.record("mine", problem="p", optimizer="a", seed=np.int64(3), results_dir=tmp_path) as run:
        run.log(np.int32(0), train_loss=2.0, val_loss=3.0, accuracy=0.5)
        run.log(1, split="test", test_loss=4.0)
    study = ob.load_study("mine", tmp_path)
    found = study.curves.set_index(["split", "metric"])["value"].to_dict()
    assert found == {("train", "loss"): 2.0, ("valid", "loss"): 3.0, ("valid", "accuracy"): 0.5, ("test", "loss"): 4.0}
    assert study.runs["seed"].tolist() == [3]


def test_declared_pairs_hold_for_all_runs_or_for_none(tmp_path):
    record(tmp_path, "a", 0, [1.0], paired="seed")
    assert ob.load_study("mine", tmp_path).result.file.imports[0].paired
    record(tmp_path, "b", 0, [1.0])
    assert not ob.load_study("mine", tmp_path).result.file.imports[0].paired


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"step": -1, "loss": 1.0}, "`step` must be an integer >= 0"),
        *[
            ({"step": step, "loss": 1.0}, "`step` must be an integer >= 0")
            for step in (np.nan, np.inf, "x", None, 2**60)
        ],
        *[({"step": 1, "epoch": epoch, "loss": 1.0}, "`epoch` must be a number >= 0") for epoch in ("x", -1, np.nan)],
        ({"step": 1, "split": "eval", "loss": 1.0}, "`split` must be train, valid or test"),
        ({"step": 1, "split": "train", "val_loss": 1.0}, "`val_loss` is a metric of valid"),
        ({"step": 1, "loss": "low"}, "`loss` must be a number"),
        ({"step": 1, "speed": 1.0}, "Say so: record(..., minimize=['speed'])"),
    ],
)
def test_wrong_values_are_named_at_once(tmp_path, values, message):
    run = ob.record("mine", problem="p", optimizer="a", seed=0, results_dir=tmp_path)
    with pytest.raises(ConfigError, match=re.escape(message)):
        run.log(**{"accuracy": 0.5, **values})
    run.log(2, loss=1.0)
    run.close()
    assert ob.load_study("mine", tmp_path).curves["step"].tolist() == [2]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        *[({"seed": seed}, "`seed` must be an integer >= 0") for seed in (None, -1, 0.5, "0", True, 2**60)],
        ({"hyperparameters": [("lr", 1)]}, "`hyperparameters` must be {name: value, ...}"),
        ({"hyperparameters": {"-": 1}}, "`hyperparameters` must have names"),
        ({"minimize": 5}, "`minimize` must be a list of names"),
        ({"optimizer": ""}, "`optimizer` must be a string"),
        ({"paired": "run"}, '`paired` must be "seed" or None'),
    ],
)
def test_wrong_arguments_are_named(tmp_path, changed, message):
    given = {"problem": "p", "optimizer": "a", "seed": 0, "results_dir": tmp_path}
    with pytest.raises(ConfigError, match=re.escape(message)):
        ob.record("mine", **{**given, **changed})


def test_a_folder_that_cannot_be_written_is_named_before_training(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="`results_dir` cannot be written to"):
        ob.record("mine", problem="p", optimizer="a", seed=0, results_dir=tmp_path / "file")


def test_an_imported_study_is_not_extended(tmp_path):
    ob.from_runs(finals(), "mine", results_dir=tmp_path, progress=False)
    with pytest.raises(ConfigError, match="that of a study that was imported"):
        ob.record("mine", problem="p", optimizer="a", seed=0, results_dir=tmp_path)


def test_a_recorded_study_is_not_replaced_by_an_import(tmp_path):
    record(tmp_path, "sgd", 0, [1.0])
    with pytest.raises(ConfigError, match="`name` must not be that of a study that was recorded"):
        ob.from_runs(finals(), "mine", results_dir=tmp_path, progress=False)
    assert len(ob.load_study("mine", tmp_path).runs) == 1


def test_keras_records_each_epoch(tmp_path):
    import keras

    import optbench.keras

    x, y = np.random.default_rng(0).normal(size=(40, 2)).astype("float32"), np.zeros((40, 1), "float32")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse", metrics=["mae"])
    recorder = optbench.keras.Recorder("mine", problem="p", optimizer="sgd", seed=0, results_dir=tmp_path)
    history = model.fit(x, y, epochs=2, batch_size=20, validation_split=0.5, verbose=0, callbacks=[recorder])
    study = ob.load_study("mine", tmp_path)
    rows = study.curves[(study.curves["split"] == "valid") & (study.curves["metric"] == "loss")]
    assert rows["value"].tolist() == pytest.approx(history.history["val_loss"])
    assert rows["step"].tolist() == [1, 2]
    assert rows["epoch"].tolist() == [1, 2]
    assert set(study.curves["metric"]) == {"loss", "mae"}
    assert study.runs["hp.learning_rate"].tolist() == pytest.approx([0.05])
    with pytest.raises(ConfigError, match="`seed` must be an integer"):
        optbench.keras.Recorder("mine", problem="p", optimizer="sgd", seed="0", results_dir=tmp_path)
