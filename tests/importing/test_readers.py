"""Each reader on files written by the real library."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pandas as pd
import pytest

from optbench.errors import ConfigError
from optbench.importing.layout import read_runs
from optbench.importing.readers.event_files import read_event_files
from optbench.importing.readers.keras_csv import read_keras
from optbench.importing.readers.mlflow_runs import read_mlflow
from optbench.importing.readers.optuna_trials import read_optuna
from optbench.importing.readers.wandb_csv import read_wandb
from optbench.importing.tables import ImportOptions

LOSSES = [2.0, 1.5, 1.25]
RUNS = [("sgd", 0), ("sgd", 1), ("adam", 0), ("adam", 1)]
TORCH, MLFLOW = (os.environ.get(f"OPTBENCH_{name}") for name in ("TORCH", "MLFLOW"))
WRITE_BY_TORCH = """
import sys
from torch.utils.tensorboard import SummaryWriter
for optimizer in ("sgd", "adam"):
    for seed in range(2):
        with SummaryWriter(f"{sys.argv[1]}/{optimizer}/seed_{seed}") as writer:
            for step, loss in enumerate([2.0, 1.5, 1.25]):
                writer.add_scalar("loss/valid", loss + seed, 10 * step)
                writer.add_histogram("weights", __import__("torch").zeros(3), 10 * step)
            writer.add_hparams({"lr": 0.1, "optimizer": optimizer}, {"hp_metric": 1.0}, run_name=".")
"""
WRITE_BY_OPTUNA = """
import math, sys, optuna
study = optuna.create_study(study_name="cifar", storage=sys.argv[1], direction="minimize")
def objective(trial):
    trial.suggest_categorical("optimizer", ["sgd", "adam"])
    trial.suggest_float("lr", 1e-3, 1e-1, log=True)
    trial.suggest_int("layers", 2, 2)
    trial.set_user_attr("seed", trial.number)
    for step, loss in enumerate([2.0, 1.5, 1.25]):
        trial.report(math.inf if trial.number == 4 and step == 2 else loss, step)
        if trial.number == 3:
            raise optuna.TrialPruned()
    return math.inf if trial.number == 4 else 1.25
for _ in range(5):
    study.enqueue_trial({"optimizer": "adam"})
study.optimize(objective, n_trials=5)
"""
WRITE_BY_MLFLOW = """
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("cifar")
for optimizer in ("sgd", "adam"):
    for seed in range(2):
        with mlflow.start_run():
            mlflow.log_params({"optimizer": optimizer, "seed": seed, "lr": 0.1})
            for step, loss in enumerate([2.0, 1.5, 1.25]):
                mlflow.log_metric("val_loss", loss + seed, step=10 * step)
"""


def curves(table, split="valid", metric="loss"):
    """The values of each run: by optimizer and seed, a dict by step."""
    assert set(zip(table.curves["split"], table.curves["metric"], strict=True)) >= {(split, metric)}
    rows = table.curves[(table.curves["split"] == split) & (table.curves["metric"] == metric)]
    rows = rows.merge(table.runs[["run", "optimizer", "seed"]], on="run")
    return {
        (name, int(seed)): dict(zip(group["step"], group["value"], strict=True))
        for (name, seed), group in rows.groupby(["optimizer", "seed"])
    }


def expected(steps=(0, 10, 20)):
    return {(name, seed): dict(zip(steps, [loss + seed for loss in LOSSES], strict=True)) for name, seed in RUNS}


def test_event_files_that_tensorflow_writes(tmp_path):
    import tensorflow as tf

    for name, seed in RUNS:
        for split in ("train", "validation"):
            with tf.summary.create_file_writer(
                str(tmp_path / f"optimizer={name},seed={seed},lr=0.1" / split)
            ).as_default():
                for step, loss in enumerate(LOSSES):
                    tf.summary.scalar("epoch_loss", loss + seed, step=10 * step)
                    tf.summary.histogram("weights", np.zeros(3), step=10 * step)
    table = read_runs(read_event_files(tmp_path))
    assert curves(table) == expected()
    assert curves(table, "train") == expected()
    assert table.runs["hp.learning_rate"].tolist() == [0.1] * 4
    assert (table.runs["wall_s"] >= 0).all()


def test_event_files_are_read_without_tensorflow(tmp_path):
    file = tmp_path / "adam" / "seed_3" / "events.out.tfevents.1"
    file.parent.mkdir(parents=True)
    code = (
        "import sys; from pathlib import Path; from tensorboard.compat.proto import event_pb2, summary_pb2;"
        "from tests.importing.test_readers import write_record;"
        "value = summary_pb2.Summary.Value(tag='val_loss', simple_value=0.5);"
        "event = event_pb2.Event(step=4, wall_time=1.0, summary=summary_pb2.Summary(value=[value]));"
        "write_record(Path(sys.argv[1]), event.SerializeToString());"
        "from optbench.importing.readers.event_files import read_event_files;"
        "from optbench.importing.layout import read_runs;"
        "table = read_runs(read_event_files(Path(sys.argv[1]).parent.parent.parent));"
        "assert table.runs[['optimizer', 'seed']].to_numpy().tolist() == [['adam', 3]], table.runs;"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)


def write_record(path, content):
    """Append a record of an event file; the checksums are not read."""
    with path.open("ab") as file:
        file.write(len(content).to_bytes(8, "little") + b"\0" * 4 + content + b"\0" * 4)


def test_an_event_file_that_ends_in_the_middle_is_read_as_far_as_it_goes(tmp_path):
    from tensorboard.compat.proto import event_pb2, summary_pb2

    file = tmp_path / "adam" / "events.out.tfevents.1"
    file.parent.mkdir()
    for step in range(3):
        value = summary_pb2.Summary.Value(tag="val_loss", simple_value=1.0)
        event = event_pb2.Event(step=step, summary=summary_pb2.Summary(value=[value]))
        write_record(file, event.SerializeToString())
    file.write_bytes(file.read_bytes()[:-7])
    plain = read_event_files(tmp_path)
    assert plain.frame["step"].tolist() == [0, 1]
    assert any("middle of an event" in note for note in plain.notes)


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "no scalars"), (b"\x05" + b"\0" * 11 + b"abcde1234", "not an event file")]
)
def test_what_is_no_event_file_is_refused(tmp_path, content, message):
    (tmp_path / "events.out.tfevents.1").write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_event_files(tmp_path)
    with pytest.raises(ConfigError, match="There is no event file"):
        read_event_files(tmp_path / "nowhere")


@pytest.mark.heavy
@pytest.mark.skipif(TORCH is None, reason="PyTorch is no test dependency: OPTBENCH_TORCH names a Python with it")
def test_event_files_that_pytorch_writes(tmp_path):
    subprocess.run([TORCH, "-c", WRITE_BY_TORCH, str(tmp_path)], check=True)
    table = read_runs(read_event_files(tmp_path))
    assert curves(table) == expected()
    assert table.runs["hp.learning_rate"].tolist() == [0.1] * 4


def test_histories_that_keras_writes(tmp_path):
    import keras

    x, y = np.zeros((8, 2), "float32"), np.ones((8, 1), "float32")
    for name, seed in RUNS:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile(optimizer=name, loss="mse")
        file = tmp_path / name / f"seed_{seed}.csv"
        file.parent.mkdir(exist_ok=True)
        logger = keras.callbacks.CSVLogger(str(file))
        model.fit(x, y, epochs=2, validation_data=(x, y), verbose=0, callbacks=[logger])
    table = read_runs(read_keras(tmp_path))
    found = curves(table)
    assert set(found) == set(RUNS)
    history = pd.read_csv(tmp_path / "adam" / "seed_1.csv")
    assert list(found["adam", 1]) == [1, 2]
    assert list(found["adam", 1].values()) == pytest.approx(history["val_loss"].tolist())
    one = read_runs(read_keras(tmp_path / "adam" / "seed_1.csv"), ImportOptions(optimizer="adam"))
    assert curves(one)["adam", 0] == found["adam", 1]


def test_a_chart_that_weights_and_biases_exports(tmp_path):
    columns = {"Step": [0, 10, 20]}
    for name, seed in RUNS:
        key = f"optimizer={name} seed={seed} - val_loss"
        columns |= {key: [loss + seed for loss in LOSSES], f"{key}__MIN": 0, f"{key}__MAX": 9}
    pd.DataFrame(columns).to_csv(tmp_path / "export.csv", index=False)
    assert curves(read_runs(read_wandb(tmp_path / "export.csv"))) == expected()


def test_the_table_of_runs_that_weights_and_biases_exports(tmp_path):
    rows = [
        {"Name": f"brave-{place}", "State": "finished", "Notes": "-", "User": "me", "Tags": "", "Created": "today",
         "Runtime": 12, "Sweep": "", "optimizer": name, "seed": seed, "lr": 0.1, "val_loss": 1.0 + place}
        for place, (name, seed) in enumerate(RUNS)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "export.csv", index=False)
    table = read_runs(read_wandb(tmp_path / "export.csv"))
    assert curves(table) == {run: {1: 1.0 + place} for place, run in enumerate(RUNS)}
    assert table.runs["wall_s"].tolist() == [12.0] * 4
    assert table.runs["status"].tolist() == ["done"] * 4


def test_other_tables_are_no_exports(tmp_path):
    (tmp_path / "export.csv").write_text("optimizer,loss\na,1\n")
    with pytest.raises(ConfigError, match="is not an export of Weights & Biases"):
        read_wandb(tmp_path / "export.csv")
    (tmp_path / "export.csv").write_text("Step,adam-0 - val_loss__MIN\n1,0.5\n")
    with pytest.raises(ConfigError, match="only __MIN, __MAX of one"):
        read_wandb(tmp_path / "export.csv")
    with pytest.raises(ConfigError, match="is not a history of Keras"):
        read_keras(tmp_path / "export.csv")


def test_trials_of_optuna(tmp_path):
    file = tmp_path / "study.db"
    subprocess.run([sys.executable, "-c", WRITE_BY_OPTUNA, f"sqlite:///{file}"], check=True)
    table = read_runs(read_optuna(file))
    assert table.runs[["problem", "optimizer", "seed", "status"]].to_numpy().tolist() == [
        *(["cifar", "adam", seed, "done"] for seed in range(3)),
        ["cifar", "adam", 3, "pruned"],
        ["cifar", "adam", 4, "diverged"],
    ]
    assert table.runs["hp.learning_rate"].between(1e-3, 1e-1).all()
    assert table.runs["hp.layers"].tolist() == [2] * 5
    assert curves(table, metric="objective")["adam", 0] == dict(zip((1, 2, 3), LOSSES, strict=True))
    assert table.metrics["objective"].direction == "minimize"
    with pytest.raises(ConfigError, match="There is no study mnist"):
        read_optuna(file, "mnist")


def test_what_is_no_storage_of_optuna_is_refused(tmp_path):
    (tmp_path / "study.db").write_text("no database, though a file of some length")
    with pytest.raises(ConfigError, match=r"study\.db is not an SQLite file of Optuna"):
        read_optuna(tmp_path / "study.db")
    with pytest.raises(ConfigError, match="There is no file"):
        read_optuna(tmp_path / "nothing.db")
    with pytest.raises(ConfigError, match="takes a file study"):
        read_optuna("postgresql://localhost/optuna")


@pytest.fixture
def tracking(tmp_path):
    """The address of a tracking server of MLflow with runs, and the file of its store."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file, address = tmp_path / "mlflow.db", f"http://127.0.0.1:{port}"
    words = ["--backend-store-uri", f"sqlite:///{file}", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    server = subprocess.Popen([MLFLOW, "-m", "mlflow", "server", *words], cwd=tmp_path, start_new_session=True)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        subprocess.run([MLFLOW, "-c", WRITE_BY_MLFLOW, address], check=True, cwd=tmp_path)
        yield address, file
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


@pytest.mark.heavy
@pytest.mark.skipif(
    MLFLOW is None, reason="mlflow excludes the pandas of optbench: OPTBENCH_MLFLOW names a Python with it"
)
def test_runs_of_mlflow_from_its_server_and_from_its_file(tracking):
    address, file = tracking
    by_server = read_runs(read_mlflow(address, "cifar"))
    by_file = read_runs(read_mlflow(f"sqlite:///{file}", "cifar"))
    assert curves(by_server) == curves(by_file) == expected()
    assert by_server.runs["problem"].tolist() == ["cifar"] * 4
    assert by_server.runs["hp.learning_rate"].tolist() == [0.1] * 4
    with pytest.raises(ConfigError, match="There is no experiment mnist"):
        read_mlflow(address, "mnist")


def test_what_is_no_store_of_mlflow_is_refused(tmp_path):
    (tmp_path / "mlflow.db").write_text("no database, though a file of some length")
    with pytest.raises(ConfigError, match=r"mlflow\.db is not an SQLite file of MLflow"):
        read_mlflow(f"sqlite:///{tmp_path / 'mlflow.db'}", "cifar")
    with pytest.raises(ConfigError, match="did not answer as MLflow does"):
        read_mlflow("http://127.0.0.1:9", "cifar")
    with pytest.raises(ConfigError, match="takes sqlite:///FILE"):
        read_mlflow("postgresql://localhost/mlflow", "cifar")
