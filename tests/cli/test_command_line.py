"""The whole program, as a user runs it."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.build import build_wheel

import optbench
from optbench.results.schemas import CURVES, RUNS
from optbench.results.store import Store
from tests import forks
from tests.commands import environment_of_a_user, optbench_command, optbench_process
from tests.conftest import ROOT, stems

TRIAL = ["dataset=iris", "model=softmax", "epochs=2", "seeds=2", "timing=false", "name=trial"]


def test_the_demo_trains_reports_and_says_where(demo):
    done, folder = demo
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "report: reports/demo/index.html"
    for optimizer in ("sgd", "adam", "rmsprop"):
        assert f"{optimizer} on digits mlp ended" in done.stdout
    assert (folder / "reports" / "demo" / "index.html").is_file()
    assert {p.name for p in folder.iterdir()} == {"results", "reports"}


def test_the_demos_tables_hold_every_run_and_point(demo):
    runs, curves = optbench.load(demo[1] / "results", study="demo")
    assert len(runs) == 24
    assert set(runs["status"]) == {"done"}
    assert set(RUNS.names) <= set(runs.columns)
    assert list(curves.columns) == CURVES.names
    counts = curves.groupby("run_id").size()
    assert set(counts) == {21 * 3 * 2}  # points x splits x metrics
    assert runs["hp.learning_rate"].notna().all()
    assert (runs.groupby("seed")["fingerprint"].nunique() == 1).all()
    assert set(runs["lanes"]) == {8}
    assert set(runs["compile_mode"]) == {"xla"}
    final = curves[(curves["split"] == "test") & (curves["metric"] == "accuracy") & (curves["step"] == 660)]
    assert final["value"].median() > 0.9


def test_the_demos_step_times_are_there_and_proved(demo):
    timings = Store(demo[1] / "results").timings()
    assert len(timings) == 3
    assert timings["moved"].all()
    assert (timings["low"] <= timings["step_s"]).all()
    assert (timings["step_s"] <= timings["high"]).all()


def test_the_report_command_builds_the_same_page_again(demo, drawn_reports):
    page = demo[1] / "reports" / "demo" / "index.html"
    before = page.read_bytes()
    done = optbench_command("demo", module="optbench.report", cwd=demo[1])
    assert (done.returncode, done.stdout) == (0, "report: reports/demo/index.html\n")
    assert page.read_bytes() == before


def test_the_report_command_names_a_damaged_file(demo, tmp_path, reports_without_figures):
    shutil.copytree(demo[1] / "results", tmp_path / "results")
    (runs,) = (tmp_path / "results" / "runs").glob("*.parquet")
    runs.write_bytes(runs.read_bytes()[:500])
    done = optbench_command("demo", module="optbench.report", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"results/runs/{runs.name} is skipped: its content is not what was written")
    assert "have no results" in (tmp_path / "reports" / "demo" / "index.html").read_text()


def test_one_job_without_m(tmp_path):
    done = optbench_command(*TRIAL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(optbench.load(tmp_path / "results", "trial")[0]) == 2


def test_hydras_own_launcher_gives_the_same_curves(tmp_path, reports_without_figures):
    tables = []
    for launcher in ("optbench", "basic"):
        folder = tmp_path / launcher
        folder.mkdir()
        done = optbench_command("-m", "optimizer=sgd,adam", f"hydra/launcher={launcher}", *TRIAL, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert (folder / "reports" / "trial" / "index.html").is_file()
        curves = optbench.load(folder / "results", "trial")[1]
        tables.append(curves.sort_values(["run_id", "step", "split", "metric"], ignore_index=True))
    assert tables[0].equals(tables[1])


def test_a_tuned_study_in_processes_as_a_user_runs_it(tmp_path):
    tune = ["tune=sobol", "tune.trials=3", "tune.space.learning_rate=[1e-3,1]", "executor=processes"]
    done = optbench_command("-m", *TRIAL, *tune, "optimizer=sgd,adam", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    runs, _ = optbench.load(tmp_path / "results", "trial")
    assert runs["role"].value_counts().to_dict() == {"trial": 6, "run": 4}
    assert runs["hp.learning_rate"].between(1e-3, 1).all()


def test_two_studies_in_one_folder_at_once_lose_nothing(tmp_path):
    sweeps = {"one": "optimizer=sgd,adam,rmsprop", "two": "optimizer=adam,rmsprop,adagrad"}
    shared = [argument for argument in TRIAL if argument not in ("name=trial", "seeds=2")]
    commands = [["-m", *shared, sweep, f"name={name}", "seeds=24"] for name, sweep in sweeps.items()]
    running = [forks.start_module("optbench", *c, cwd=tmp_path, env=environment_of_a_user()) for c in commands]
    for process in running:
        done = process.wait()
        assert done.returncode == 0, done.stderr
    for name in sweeps:
        runs, curves = optbench.load(tmp_path / "results", name)
        assert runs["run_id"].nunique() == 72
        assert set(curves["run_id"]) == set(runs["run_id"])
    assert Store(tmp_path / "results").quarantined_files() == []


def test_help_is_ours_and_needs_no_tensorflow(tmp_path):
    done = optbench_process("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"optimizer: {', '.join(stems('optimizer'))}" in done.stdout
    assert done.stdout.count("\n  python -m optbench ") == 6
    code = (
        "import sys; import optbench.cli.main, hydra_plugins.optbench_launcher; assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "example", re.findall(r"^    (python -m optbench .*)$", (ROOT / "conf/hydra/help/optbench.yaml").read_text(), re.M)
)
def test_an_example_of_the_help_composes(example, tmp_path, stand_ins):
    if "my_conf" in example:
        mine = tmp_path / "my_conf" / "optimizer"
        mine.mkdir(parents=True)
        (mine / "mine.yaml").write_text("_target_: optbench.optimizers.sgd.sgd\nlearning_rate: 0.5\n")
    arguments = [a.replace("~", str(tmp_path)) for a in example.split()[3:]]
    quick = ["steps=2", "seeds=1", "timing=false", "compile=eager", f"data_dir={stand_ins}"]
    arguments = [a for a in arguments if not a.startswith(("epochs", "seeds"))] + quick
    done = optbench_command(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


WRONG = {
    "optimizer=rmsporp": "`optimizer=rmsporp` does not exist. Did you mean `rmsprop`? There is: adabelief, adadelta, ",
    "dataset=mnits": "`dataset=mnits` does not exist. Did you mean `mnist`? There is: arrays, breast_cancer, ",
    "optimizer.learning_rat=1": "`optimizer.learning_rat` does not exist. Did you mean `learning_rate`?",
    "learning_rate=1": "`learning_rate` does not exist. Did you mean `optimizer.learning_rate`?",
    "wrapper=[sma]": "`wrapper=[sma]` does not exist. Did you mean `sam`? There is: cautious, ",
    "diagnose=[basic]": "`diagnose=[basic]` does not exist. Did you mean `basics`? There is: basics, curvature.",
    "epoch=3": "`epoch` does not exist. Did you mean `epochs`?",
    "optimizer.learning_rate=-1": "`optimizer.learning_rate` must be greater than 0. Received: ",
    "optimizer.learning_rate=nan": "`optimizer.learning_rate` must be greater than 0. Received: ",
    "seeds=0": "`seeds` must be a count of at least 1",
    "seeds=abc": "`seeds` must be a count, such as 8",
    "epochs=-1": "`epochs` must be at least 1. Received: epochs=-1.",
    "batch_size=5000": "`batch_size` must be at most the 1077 training examples of digits. Received: batch_size=5000.",
    "model.outputs=3": "`loss=cross_entropy` on digits needs one output for each of its 10 classes. Received: ",
    "metric=f1": "`metric` is not a group with a single choice. Write a list: metrics=[accuracy,f1].",
    "optimizer=null": "`optimizer` takes one name, that of a file of conf/optimizer. Received: optimizer=null. Write ",
    "name=": "`name` must not be empty.",
    "data_dir=3": "`data_dir` must be a string or null. Received: data_dir=3.",
    "dataset.limit=5": "The training split of digits must keep an example of each of its 10 classes. Received: ",
    "dataset=text": "`dataset.path` must name a text file in UTF-8. Received: dataset.path=null.",
    "dataset.valid_fractoin=0.3": "`dataset.valid_fractoin` does not exist. Did you mean `valid_fraction`? There is: ",
    "dataset.split.valid_fractoin=0.3": "`dataset.split.valid_fractoin` does not exist. Did you mean `valid_fraction`?",
    "model.activatoin=tanh": "`model.activatoin` does not exist. Did you mean `activation`? There is: activation, ",
    "results_dir=/dev/null/x": "/dev/null/x/logs cannot be used: Not a directory.",
    "optimizer=sgd,adam": "A comma makes a sweep, and a sweep needs -m: ",
    "eval=null": "`eval` is a group of keys: eval.points, eval.drop_last.",
    "~seeds": "`seeds` is required and was deleted.",
    "+nothing=1": "`nothing` does not exist.",
    "optimizer=[": "`optimizer=[` cannot be read. ",
}


@pytest.mark.parametrize(("argument", "message"), WRONG.items())
def test_a_mistake_is_one_line_and_leaves_nothing(argument, message, tmp_path, reports_without_figures):
    done = optbench_command(argument, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"optbench: {message}")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.rglob("*.parquet"))
    assert not (tmp_path / "reports").exists()


def test_a_mistake_in_a_sweep_names_the_job(tmp_path):
    done = optbench_command("-m", "optimizer=sgd,adam", "optimizer.learning_rate=0.1,-1", cwd=tmp_path)
    assert done.returncode == 1
    assert "(In the job optimizer=sgd optimizer.learning_rate=-1.)" in done.stderr
    assert done.stderr.count("\n") == 1


def test_another_beta_out_of_range(tmp_path):
    done = optbench_command("optimizer=adam", "optimizer.b1=1.5", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "optbench: `optimizer.b1` must be in [0, 1). Received: optimizer.b1=1.5.\n"


def test_misuse_of_the_command_line_is_two(tmp_path):
    assert optbench_command("--no-such-flag", cwd=tmp_path).returncode == 2


def test_a_run_that_diverges_ends_as_such_and_the_report_goes_on(tmp_path, reports_without_figures):
    done = optbench_command("-m", "optimizer.learning_rate=0.1,1e38", *TRIAL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    runs, _ = optbench.load(tmp_path / "results", "trial")
    assert sorted(runs["status"]) == ["diverged", "diverged", "done", "done"]
    assert (tmp_path / "reports" / "trial" / "index.html").is_file()


def test_a_users_own_rule_in_their_own_folder(tmp_path):
    (tmp_path / "my_package").mkdir()
    (tmp_path / "my_package" / "rules.py").write_text(
        "import tensorflow as tf\n"
        "from optbench.optimizers.base import Optimizer, apply_equations\n\n"
        "def mine(learning_rate: float) -> Optimizer:\n"
        "    def update(grads, state, params):\n"
        "        (updates,) = apply_equations(lambda g: (-learning_rate(state) * tf.sign(g),), grads, params)\n"
        "        return updates, state + 1\n"
        "    return Optimizer(lambda params: tf.constant(0), update)\n"
    )
    (tmp_path / "my_conf" / "optimizer").mkdir(parents=True)
    yaml = tmp_path / "my_conf" / "optimizer" / "mine.yaml"
    yaml.write_text("_target_: my_package.rules.mine\nlearning_rate: 0.01\n")
    done = optbench_command("-m", "optimizer=mine,adam", "--config-dir", "my_conf", *TRIAL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(optbench.load(tmp_path / "results", "trial")[0]["setting"]) == {"mine", "adam"}


def own_conf(folder, yaml, rules="import tensorflow as tf\n"):
    (folder / "my_conf" / "optimizer").mkdir(parents=True)
    (folder / "my_conf" / "optimizer" / "mine.yaml").write_text(yaml)
    (folder / "my_rules.py").write_text(rules)


def test_a_rule_that_raises_is_told_with_its_place_and_the_others_go_on(tmp_path, reports_without_figures):
    rules = (
        "import tensorflow as tf\nfrom optbench.optimizers.base import Optimizer\n\n"
        "def make(learning_rate: float):\n"
        "    return Optimizer(lambda params: [], lambda g, s, p: ([tf.sing(x) for x in g], s))\n"
    )
    own_conf(tmp_path, "_target_: my_rules.make\nlearning_rate: 0.1\n", rules)
    done = optbench_command("-m", "optimizer=mine,sgd", "--config-dir", "my_conf", *TRIAL, cwd=tmp_path)
    assert done.returncode == 1
    reason = (
        r"mine: 2 runs failed\. AttributeError: module 'tensorflow' has no attribute 'sing' \(my_rules\.py, line 5\)"
    )
    assert re.search(reason, done.stdout)
    assert "log: results/logs/trial.log" in done.stdout
    assert dict(optbench.load(tmp_path / "results", "trial")[0].value_counts(["setting", "status"])) == {
        ("mine", "failed"): 2,
        ("sgd", "done"): 2,
    }
    page = (tmp_path / "reports" / "trial" / "index.html").read_text()
    assert "2 runs failed" in page
    assert "my_rules.py, line 5" in page


@pytest.mark.parametrize(
    ("yaml", "rules", "message"),
    [
        ("_target_: my_rules.make\n  x: [", "", "my_conf/optimizer/mine.yaml is not a YAML file: "),
        ("_target_: my_rules.make\n", "def make(:\n", "`_target_: my_rules.make` cannot be imported: SyntaxError"),
        ("_target_: my_rules.make\n", "1 / 0\n", "`_target_: my_rules.make` cannot be imported: ZeroDivisionError"),
        ("learning_rate: 1\n", "", "`optimizer` must name what to build with `_target_`."),
    ],
)
def test_a_broken_file_of_the_users_is_one_line(yaml, rules, message, tmp_path):
    own_conf(tmp_path, yaml, rules)
    done = optbench_command("optimizer=mine", "--config-dir", "my_conf", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"optbench: {message}")
    assert done.stderr.count("\n") == 1


def test_a_mistake_in_a_later_job_leaves_the_report_of_the_earlier_ones(tmp_path, reports_without_figures):
    sweep = ["-m", "hydra/launcher=basic", "optimizer.learning_rate=0.1,-1"]
    done = optbench_command(*sweep, *TRIAL, cwd=tmp_path)
    assert done.returncode == 1
    assert "`optimizer.learning_rate` must be greater than 0" in done.stderr
    assert len(optbench.load(tmp_path / "results", "trial")[0]) == 2
    assert (tmp_path / "reports" / "trial" / "index.html").is_file()


def test_the_wheel_carries_its_configuration(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    wheel = tmp_path / build_wheel(str(tmp_path))
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    top = {p.name for p in installed.iterdir() if not p.name.endswith(".dist-info")}
    assert top == {"optbench", "hydra_plugins"}
    assert (installed / "optbench" / "conf" / "optimizer" / "adam.yaml").is_file()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = optbench_process(*TRIAL, "compile=eager", cwd=elsewhere, PYTHONPATH=str(installed))
    assert (done.returncode, done.stderr) == (0, "")
    code = "from optbench.config.items import conf_dir; print(conf_dir())"
    where = subprocess.run(
        [sys.executable, "-c", code], cwd=elsewhere, env={"PYTHONPATH": str(installed)}, capture_output=True, text=True
    )
    assert Path(where.stdout.strip()) == installed / "optbench" / "conf"


LONG = ["-m", "optimizer=sgd,adam", *(argument for argument in TRIAL if not argument.startswith("seeds")), "seeds=160"]
INTERRUPTED = """
import os, signal
from optbench.cli.main import main
from optbench.results.store import Store

write, signals = Store.write_shard, iter([signal.SIGINT])


def write_and_interrupt(*arguments):
    stem = write(*arguments)
    for number in signals:
        os.kill(os.getpid(), number)
    return stem


Store.write_shard = write_and_interrupt
main()
"""


def test_ctrl_c_writes_what_is_there_and_the_same_command_goes_on(tmp_path, reports_without_figures):
    """Interrupted as soon as results are written, ten shards before the end at least."""
    done = forks.start_code(INTERRUPTED, *LONG, cwd=tmp_path, env=environment_of_a_user()).wait()
    assert (done.returncode, done.stderr) == (130, ""), done
    runs, _ = optbench.load(tmp_path / "results", "trial")
    assert 0 < len(runs) < 320
    assert set(runs["status"]) <= {"done", "interrupted"}
    assert "have no results" in (tmp_path / "reports" / "trial" / "index.html").read_text()
    finished = int((runs["status"] == "done").sum())
    done = optbench_command(*LONG, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{finished} of 320 runs are finished already and are kept." in done.stdout
