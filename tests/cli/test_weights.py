"""Final weights are written with their names, and shown in the terminal."""

import io
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from rich.console import Console

import optbench
from optbench.cli.weights import show
from optbench.errors import ConfigError, OptbenchError
from optbench.results.weight_files import format_weights
from optbench.spec.job import SaveOptions
from tests.cli.test_results import results, two_studies
from tests.commands import optbench_command
from tests.conftest import raw_node
from tests.study.test_study import job, study
from tests.training.killed_run import jobs

SAVE = {"save": True}


def trained(*asked):
    this = study()
    this.add(list(asked))
    assert this.finish() == 0
    return this


def arrays_of(folder, run_id):
    with np.load(folder / "results" / "weights" / f"{run_id}.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def shown(path):
    console = Console(width=200, file=io.StringIO())
    show(path, console)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A study of six runs, side by side in one program each, with their weights."""
    folder = tmp_path_factory.mktemp("saved")
    return trained(*(job(folder, o, weights=SAVE) for o in ("sgd", "adam"))), folder


def test_each_run_leaves_its_weights_by_their_names(saved):
    this, folder = saved
    for run in (run for member in this.jobs for run in member.runs):
        weights = arrays_of(folder, run.run_id)
        assert {name: array.shape for name, array in weights.items()} == {
            "output/kernel": (4, 3),
            "output/bias": (3,),
        }
        assert (folder / "results" / "weights" / f"{run.run_id}.txt").exists()


def test_the_weights_are_those_of_the_curves_end(saved):
    this, folder = saved
    _, curves = optbench.load(folder / "results", "trial")
    run = this.jobs[1].runs[2]
    weights, built = arrays_of(folder, run.run_id), this.resources.built_problems.get(run.problem)
    logits, _ = built.model.apply(list(weights.values()), [], built.data.train.x, training=False, seed=None)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(built.data.train.y, logits))
    ends = curves.query("run_id == @run.run_id and split == 'train' and metric == 'loss'")["value"]
    assert float(loss) == pytest.approx(ends.iloc[-1], rel=1e-6)


def test_what_a_network_remembers_beside_its_parameters_is_there_too(tmp_path):
    (one,) = jobs(tmp_path, every=None)
    one.config["weights"] = SAVE
    this = trained(one)
    names = list(arrays_of(tmp_path, this.jobs[0].runs[0].run_id))
    assert names[:2] == ["convolution/kernel", "convolution/bias"]
    assert names[-2:] == ["convolution_norm/moving_mean", "convolution_norm/moving_variance"]


def test_a_run_whose_weights_are_not_there_is_trained_again_for_them(tmp_path):
    made = [trained(job(tmp_path, weights=weights)).trained for weights in ({"save": False}, SAVE, SAVE)]
    assert made == [3, 3, 0]
    assert len(optbench.load(tmp_path / "results", "trial")[0]) == 3
    next((tmp_path / "results" / "weights").glob("*.npz")).unlink()
    assert trained(job(tmp_path, weights=SAVE)).trained == 1


def test_a_diverged_run_leaves_the_weights_at_which_it_stopped(tmp_path):
    this = trained(job(tmp_path, rule={"learning_rate": 1e38}, seeds=1, weights=SAVE))
    assert arrays_of(tmp_path, this.jobs[0].runs[0].run_id)
    assert trained(job(tmp_path, rule={"learning_rate": 1e38}, seeds=1, weights=SAVE)).trained == 0


def test_weights_and_checkpoints_come_from_processes_too(tmp_path):
    one = job(tmp_path, weights=SAVE, checkpoint={"every": 1, "keep": "all"}, workers=1, seeds=1)
    one.config["executor"] = raw_node("executor", "processes")
    this = trained(one)
    run_id = this.jobs[0].runs[0].run_id
    assert arrays_of(tmp_path, run_id)
    assert len(list((tmp_path / "results" / "checkpoints" / run_id).glob("*.npz"))) == 2
    assert set(optbench.load(tmp_path / "results", "trial")[0]["lanes"]) == {1}


def test_a_worker_that_does_not_see_the_results_says_so(tmp_path, monkeypatch):
    elsewhere = SaveOptions("/nowhere/results", weights=True)
    monkeypatch.setattr("optbench.spec.job.JobSpec.save_options", property(lambda self: elsewhere))
    this = study()
    this.add([job(tmp_path, weights=SAVE)])
    assert this.finish() == 1
    details = optbench.load(tmp_path / "results", "trial")[0]["status_detail"]
    assert details.str.startswith("Checkpoints and weights are written to /nowhere/results, which the worker").all()


def test_weights_cannot_be_swept(tmp_path):
    with pytest.raises(ConfigError, match="`weights` cannot be swept"):
        study().add([job(tmp_path, weights=SAVE), job(tmp_path)])


def test_the_text_names_the_run_and_shows_the_ends_of_what_is_long():
    text = format_weights("adam on iris", {"a/kernel": np.arange(6.0).reshape(2, 3), "b": np.zeros(5000, np.float32)})
    first, second = (
        "a/kernel float64 (2, 3)\n[[0. 1. 2.]\n [3. 4. 5.]]\n",
        "b float32 (5000,)\n[0. 0. 0. ... 0. 0. 0.]\n",
    )
    assert text == f"adam on iris\n\n{first}\n{second}"


def test_the_command_shows_names_shapes_norms_and_extremes(saved):
    this, folder = saved
    run = this.jobs[0].runs[0]
    file = folder / "results" / "weights" / f"{run.run_id}.npz"
    np.savez(folder / "elsewhere.npz", kernel=np.array([[3.0, -4.0], [0.0, 0.0]]), empty=np.zeros(0))
    text = shown(file)
    assert text.splitlines()[0].strip() == f"{run.run_id}: sgd on iris softmax, seed 0, done"
    rows = [line.split() for line in shown(folder / "elsewhere.npz").splitlines() if line.strip()]
    assert rows[0] == ["elsewhere"]
    assert rows[1] == ["name", "shape", "numbers", "norm", "min", "max"]
    assert rows[3:] == [["kernel", "2x2", "4", "5.00", "−4.00", "3.00"], ["empty", "0", "0", "–", "–", "–"]]
    assert shown(folder / "results").count("on iris softmax, seed") == 6
    assert shown(folder / "results" / "weights") == shown(folder / "results")


def test_a_place_without_weights_and_a_broken_file_are_one_line(saved, tmp_path):
    (tmp_path / "broken.npz").write_bytes(b"not a zip file")
    for path, message in (
        (tmp_path / "none", "There are no weights in "),
        (tmp_path / "broken.npz", ".* cannot be read"),
    ):
        with pytest.raises(OptbenchError, match=message):
            show(path, Console(quiet=True))


def test_the_command_as_a_user_runs_it(saved, tmp_path):
    done = optbench_command("nowhere", module="optbench.weights", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "optbench.weights: There are no weights in nowhere. Name another place, or train with weights.save=true.\n"
    )
    code = "import sys; import optbench.cli.weights; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_prune_takes_weights_and_checkpoints_of_runs_that_no_study_names(tmp_path):
    both = {"weights": SAVE, "checkpoint": {"every": 1, "keep": "last"}}
    two_studies(tmp_path, **both)
    (tmp_path / "results" / "studies" / "first.json").unlink()
    results(tmp_path, "prune", "--yes")
    kept = set(optbench.load(tmp_path / "results", "second")[0]["run_id"])
    weights = (tmp_path / "results" / "weights").iterdir()
    assert {path.name.partition(".")[0] for path in weights} == kept
    assert {path.name for path in (tmp_path / "results" / "checkpoints").iterdir()} == kept
