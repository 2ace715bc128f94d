"""A run that was killed goes on from its checkpoint, and ends as if nothing had happened."""

import contextlib
import json
import os
import re
import shutil

import numpy as np
import pytest

import optbench
from optbench.errors import ConfigError
from optbench.runtime.files import write_arrays
from optbench.training import train as train_module
from optbench.training.checkpoint import Checkpoints
from optbench.training.loop import Program
from tests import forks
from tests.conftest import ROOT, raw_node
from tests.study.test_study import job, study
from tests.training.killed_run import POINTS, jobs

pytestmark = pytest.mark.usefixtures("programs_of_the_module")
ALSO = ("after a checkpoint", "between checkpoints")  # each costs two starts of TensorFlow
ORDER = ["run_id", "step", "split", "metric"]


def finished_tables(folder, **checkpoint):
    """Run the study of ``folder`` to its end; its rows and curves."""
    this = study()
    this.add(jobs(folder, **checkpoint))
    assert this.finish() == 0
    runs, curves = optbench.load(folder / "results", "trial")
    return runs, curves.sort_values(ORDER, ignore_index=True)


def stored(folder):
    """The steps of the checkpoints that are there."""
    return [int(path.stem[5:]) for path in sorted((folder / "results" / "checkpoints").glob("*/*.npz"))]


def steps_made(monkeypatch):
    """How many steps programs make from now on."""
    made, right = [], Program.advance

    def advance(self, carry, floats, keys, indices):
        made.append(len(indices))
        return right(self, carry, floats, keys, indices)

    monkeypatch.setattr(Program, "advance", advance)
    return made


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken")
    return *finished_tables(folder), folder


@pytest.mark.parametrize("point", [pytest.param(p, marks=[pytest.mark.heavy] if p in ALSO else []) for p in POINTS])
def test_a_run_killed(point, unbroken, tmp_path, monkeypatch):
    killed = forks.start_module("tests.training.killed_run", tmp_path, point, cwd=ROOT, env=os.environ).wait()
    assert killed.returncode == -9
    there = max(stored(tmp_path), default=0)
    made = steps_made(monkeypatch)
    runs, curves = finished_tables(tmp_path)
    assert sum(made) == 36 - there
    assert curves.equals(unbroken[1])
    assert runs[["fingerprint", "initial_loss", "lanes"]].equals(unbroken[0][["fingerprint", "initial_loss", "lanes"]])
    assert stored(tmp_path) == [36]


def interrupted_after(folder, monkeypatch, advances, **checkpoint):
    """Run the study until so many calls of a program that train, and break it off there."""
    right, calls = Program.advance, []

    def advance(self, carry, floats, keys, indices):
        calls.extend([1] if len(indices) else [])  # none where it is compiled, or is yet to begin
        if len(calls) > advances:
            raise KeyboardInterrupt
        return right(self, carry, floats, keys, indices)

    with monkeypatch.context() as patched:
        patched.setattr(Program, "advance", advance)
        patched.setattr("optbench.sweep.work.contained", contextlib.nullcontext)  # else it counts as the rule's error
        with pytest.raises(KeyboardInterrupt):
            study().add(jobs(folder, **checkpoint))


def test_the_last_checkpoint_stays(unbroken):
    assert stored(unbroken[2]) == [36]


def test_all_checkpoints_stay_where_all_are_wanted(tmp_path, unbroken):
    assert finished_tables(tmp_path, every=2, keep="all")[1].equals(unbroken[1])
    assert stored(tmp_path) == [12, 24, 36]


def test_a_checkpoint_is_due_at_the_first_evaluation_point_after_so_many_epochs(tmp_path):
    finished_tables(tmp_path, every=4, keep="all")
    assert stored(tmp_path) == [24, 36]  # every fourth epoch, and the end


def test_the_best_checkpoint_is_that_of_the_lowest_validation_loss(tmp_path, unbroken):
    _, curves = finished_tables(tmp_path, every=1, keep="best")
    assert curves.equals(unbroken[1])
    losses = curves[(curves["split"] == "valid") & (curves["metric"] == "loss") & (curves["step"] > 0)]
    assert stored(tmp_path) == [losses.set_index("step")["value"].idxmin()]


def test_a_run_goes_on_from_its_newest_checkpoint_where_the_best_is_another(tmp_path, unbroken, monkeypatch):
    monkeypatch.setattr(Checkpoints, "_best", lambda self, standing: self.folder / "step-00000006.npz")
    interrupted_after(tmp_path, monkeypatch, 4, every=1, keep="best")
    assert stored(tmp_path) == [6, 24]
    made = steps_made(monkeypatch)
    assert finished_tables(tmp_path, every=1, keep="best")[1].equals(unbroken[1])
    assert sum(made) == 12
    assert stored(tmp_path) == [6]


def test_a_run_that_is_asked_to_stop_goes_on_from_there(tmp_path, unbroken):
    asked = []
    executed = iter([lambda: len(asked) > 3 or bool(asked.append(1)), lambda: False])
    right = train_module.train

    def train(program, lanes, progress, stop, *rest):
        return right(program, lanes, progress, next(executed), *rest)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("optbench.sweep.work.train", train)
        study().add(jobs(tmp_path))
        assert stored(tmp_path) == [18]
        _, curves = finished_tables(tmp_path)
    assert curves.equals(unbroken[1])


@pytest.mark.parametrize("kind", ["mlp", "point"])
def test_runs_with_checkpoints_train_alone(kind, tmp_path):
    values = {"mlp": {"dataset": "iris", "model": "mlp"}, "point": {"dataset": "none", "model": "point"}}[kind]
    one = job(tmp_path, **values, checkpoint={"every": 1, "keep": "last"})
    if kind == "point":
        one.config["loss"] = raw_node("loss", "rosenbrock")
    this = study()
    this.add([one])
    assert this.finish() == 0
    runs, _ = optbench.load(tmp_path / "results", "trial")
    assert set(runs["lanes"]) == set(runs["shared_by"]) == {1}
    assert len(stored(tmp_path)) == 3


def test_a_diverged_run_leaves_a_checkpoint_and_is_not_trained_again(tmp_path):
    for trained in (1, 0):
        this = study()
        (one,) = jobs(tmp_path, every=1)
        one.config["optimizer"]["learning_rate"] = 1e30
        this.add([one])
        assert this.finish() == 0
        assert this.trained == trained
    assert len(stored(tmp_path)) == 1


@pytest.fixture(scope="module")
def twelve_steps(tmp_path_factory):
    """A folder with a checkpoint of a run that is not done."""
    folder = tmp_path_factory.mktemp("twelve_steps")
    with pytest.MonkeyPatch.context() as monkeypatch:
        interrupted_after(folder, monkeypatch, 3)
    return folder


@pytest.fixture
def broken_off(twelve_steps, tmp_path):
    """A copy of that folder, and the checkpoint."""
    shutil.copytree(twelve_steps, tmp_path, dirs_exist_ok=True)
    (path,) = (tmp_path / "results" / "checkpoints").glob("*/*.npz")
    return tmp_path, path


def test_force_trains_from_the_start(broken_off, monkeypatch):
    made, this = steps_made(monkeypatch), study()
    (one,) = jobs(broken_off[0])
    one.config["force"] = True
    this.add([one])
    assert sum(made) == 36


def refusal(folder):
    """The line with which the study is refused, while nothing changes."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(ConfigError) as error:
        study().add(jobs(folder))
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_truncated_checkpoint_is_one_line_and_nothing_is_trained(share, broken_off):
    folder, path = broken_off
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert refusal(folder) == (
        f"{path} cannot be read: it is not a whole .npz file. "
        "Remove it to continue from an earlier checkpoint or from the start, or train again with force=true."
    )


def test_an_altered_checkpoint_is_one_line(broken_off):
    folder, path = broken_off
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert refusal(folder).startswith(f"{path} cannot be read: Damaged: its content is not what was written")


def rewritten(path, **changes):
    """Write a checkpoint again with other arrays, a whole file."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files} | changes
    write_arrays(path, {name: array for name, array in arrays.items() if array is not None}, digest=True)


@pytest.mark.parametrize(
    ("key", "value"), [("run_id", "another"), ("compile", "xla"), ("threads", 0), ("versions", "{}"), ("form", 0)]
)
def test_a_checkpoint_of_another_run_or_machine_is_one_line(key, value, broken_off):
    folder, path = broken_off
    with np.load(path) as file:
        header = json.loads(str(file["header"]))
    rewritten(path, header=np.array(json.dumps(header | {key: value})))
    line = refusal(folder)
    assert line.startswith(f"{path} is a checkpoint of another run or machine: its {key} must be ")
    assert f"Received: {value}. Remove it" in line


@pytest.mark.parametrize("header", [None, np.array("{}"), np.array("no json"), np.array("[]"), np.zeros(3)])
def test_what_is_no_checkpoint_is_one_line(header, broken_off):
    folder, path = broken_off
    rewritten(path, header=header)
    assert refusal(folder).startswith(f"{path} is not a checkpoint. ")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"carry/params/0": np.zeros((3, 3), np.float32)},
            r"carry/params/0 must be float32 .*Received: float32 \(3, 3\)",
        ),
        ({"carry/updates/0": None}, r"carry/updates/0 must be int32 \(1,\)\. Received: none"),
        ({"carry/optimizer_state/99": np.zeros(1)}, r"it must contain \d+ tensors. Received: \d+"),
    ],
)
def test_a_checkpoint_with_other_tensors_fails_the_run_and_says_so(changes, message, broken_off):
    folder, path = broken_off
    rewritten(path, **changes)
    this = study()
    this.add(jobs(folder))
    assert this.finish() == 1
    (detail,) = optbench.load(folder / "results", "trial")[0]["status_detail"]
    assert re.search(rf"^{re.escape(str(path))} belongs to another configuration: {message}", detail)
    assert path.exists()


def test_checkpoints_are_no_part_of_a_runs_id(tmp_path):
    ids = []
    for every in (None, 1):
        this = study()
        this.add(jobs(tmp_path, every=every))
        ids.append([run.run_id for run in this.jobs[0].runs])
    assert ids[0] == ids[1]
    assert this.trained == 0


def test_where_checkpoints_are_kept_cannot_be_swept(tmp_path):
    with pytest.raises(ConfigError, match="`checkpoint` cannot be swept"):
        study().add([*jobs(tmp_path, every=1), *jobs(tmp_path, every=2)])


@pytest.mark.parametrize(
    "value", [{"every": 0, "keep": "last"}, {"every": 1, "keep": "first"}, {"every": 1.5, "keep": "all"}]
)
def test_a_wrong_checkpoint_is_one_line(value, tmp_path):
    with pytest.raises(ConfigError, match=r"^`checkpoint\.(every|keep)` must be .*Received: "):
        study().add([job(tmp_path, checkpoint=value)])
