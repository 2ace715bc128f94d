"""``optimizer.groups`` on the command line and from Python: the same runs, and one line for an error."""

import pytest

import optbench as ob
from optbench.results.loading import load_result
from optbench.results.store import Store
from tests.commands import optbench_command

GROUPS = "optimizer.groups=[{match: bias, learning_rate: 0.1}, {match: first, frozen: true}]"
SMALL = ("dataset=iris", "steps=4", "seeds=2", "timing=false", "compile=eager")


def test_a_dry_run_shows_which_parameter_is_in_which_group(tmp_path):
    done = optbench_command("-m", "optimizer=adamw,muon", GROUPS, *SMALL, "dry_run=true", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for line in (
        "adamw, group [bias: learning_rate=0.1]: dense_0/bias, output/bias",
        "adamw, group [first: frozen]: dense_0/kernel",
        "adamw, no group: output/kernel",
        "muon: this model has no parameter for Muon; AdamW updates all of it.",
        "muon, updated by AdamW: output/kernel",
    ):
        assert line in done.stdout


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("[{match: dense_7, frozen: true}]", "`optimizer.groups.0` matches no parameter. Received: "),
        ("[{match: bias, mu: 3}]", "`optimizer.groups.0.mu` does not exist."),
        ("bias", "`optimizer.groups` must be a list. Received: bias."),
    ],
)
def test_a_mistake_is_one_line(tmp_path, groups, message):
    done = optbench_command("optimizer=adamw", f"optimizer.groups={groups}", *SMALL, cwd=tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert message in line


def test_both_ways_of_asking_give_the_same_runs(tmp_path):
    done = optbench_command("optimizer=adamw", GROUPS, *SMALL, "name=shell", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    study = ob.compare(
        [ob.optimizer("adamw", groups=[{"match": "bias", "learning_rate": 0.1}, {"match": "first", "frozen": True}])],
        data="iris", steps=4, seeds=2, name="python", results_dir=tmp_path / "results",
        reports_dir=tmp_path / "reports", progress=False,
    )  # fmt: skip
    store = Store(tmp_path / "results")
    of_shell = load_result(store, store.read_study("shell"))
    assert set(study.runs["run_id"]) == set(of_shell.runs["run_id"])
    assert store.read_study("python").trained == 0
    (entry,) = store.read_study("shell").settings
    assert entry.hyperparameters["groups"] == "bias: learning_rate=0.1; first: frozen"
    assert "optimizer.groups=[{match:bias,learning_rate:0.1},{match:first,frozen:true}]" in study.command
    moments = 2 * (64 * 3 + 64 + 3)  # of the last weight and both biases; the first weight is frozen
    assert list(of_shell.runs["state_bytes"].unique()) == [4 * (2 + moments)]  # and a step for each of two rules
