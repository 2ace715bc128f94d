"""Hydra's features keep working: other launchers and sweepers, its flags, completion, job folders."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hydra_plugins.optbench_sweeper import OptbenchSweeper
from optbench.cli.sweeps import cut
from optbench.errors import ConfigError
from tests.commands import optbench_command


def overrides(done, recorder):
    """The overrides of the jobs of a command that went well."""
    assert (done.returncode, done.stderr) == (0, "")
    return [list(job.overrides) for job in recorder.jobs]


def test_the_basic_sweeper_makes_the_jobs_of_ours(recorder, tmp_path):
    sweep = ["optimizer.learning_rate=range(1,3)", "dataset=glob([iris,wi*],w*)", "optimizer=adam", "dataset.limit=60"]
    found = []
    for sweeper in ("optbench", "basic"):
        done = optbench_command("-m", *sweep, f"hydra/sweeper={sweeper}", cwd=tmp_path)
        found.append(overrides(done, recorder))
        assert [len(job) for job in found[-1]] == [4] * 2
        assert all(job.config["dataset"]["limit"] == 60 for job in recorder.jobs)
    assert found[0] == found[1]


def test_a_sweep_can_be_cut_into_batches_and_composes_no_job_twice(recorder, tmp_path, monkeypatch):
    monkeypatch.setattr("optbench.cli.launch.hydra_job", None)  # which a sweep without callbacks has no use for
    done = optbench_command("-m", "seeds=1,2,3,4,5", "hydra.sweeper.max_batch_size=2", cwd=tmp_path)
    assert overrides(done, recorder) == [[f"seeds={n}"] for n in (1, 2, 3, 4, 5)]
    assert len(recorder.folders) == 3


def test_an_interval_is_one_line_for_it_needs_another_sweeper(recorder, tmp_path):
    done = optbench_command("-m", "optimizer.learning_rate=interval(0,1)", cwd=tmp_path)
    assert (done.returncode, recorder.jobs) == (1, [])
    assert done.stderr == (
        "optbench: `optimizer.learning_rate=interval(0,1)` is an interval, which needs a sweeper that searches. "
        "Received: hydra/sweeper=optbench, which combines values. List values, or search with tune=optuna.\n"
    )


def test_a_batch_has_at_least_one_job():
    assert list(cut([["a=1"], ["a=2"], ["a=3"]], 2)) == [[["a=1"], ["a=2"]], [["a=3"]]]
    assert list(cut([["a=1"], ["a=2"]], None)) == [[["a=1"], ["a=2"]]]
    with pytest.raises(ConfigError, match=r"^`hydra.sweeper.max_batch_size` must be at least 1. Received: 0.$"):
        list(cut([["a=1"]], 0))


def test_a_deleted_key_stays_deleted_in_a_sweep(recorder, tmp_path):
    done = optbench_command("-m", "optimizer=sgd,adam", "~seeds", cwd=tmp_path)
    assert overrides(done, recorder) == [["optimizer=sgd", "~seeds"], ["optimizer=adam", "~seeds"]]
    assert not any("seeds" in job.config for job in recorder.jobs)


@pytest.fixture
def own(tmp_path):
    """A user's folder with sweeps in YAML: ``hydra.sweeper.params``, in an experiment file."""
    folder = tmp_path / "my_conf" / "experiment"
    folder.mkdir(parents=True)
    params = {"optimizer": "sgd,adam", "optimizer.learning_rate": 0.5, "dataset.limit": "60,80", "steps": None}
    sweep = {"defaults": [{"override /dataset": "iris"}], "hydra": {"sweeper": {"params": params}}}
    (folder / "swept.yaml").write_text("# @package _global_\n" + yaml.safe_dump(sweep, sort_keys=False))
    (folder / "pair.yaml").write_text("suite: [iris_softmax, rosenbrock]\n")
    return tmp_path


def test_a_sweep_may_stand_in_a_yaml_file(recorder, own):
    arguments = ["experiment=swept", "dataset.limit=70", "--config-dir", "my_conf"]
    found = overrides(optbench_command("-m", *arguments, cwd=own), recorder)
    rest = ["optimizer.learning_rate=0.5", "dataset.limit=70", "steps=null", "experiment=swept"]
    assert found == [[f"optimizer={optimizer}", *rest] for optimizer in ("sgd", "adam")]
    assert {job.config["dataset"]["limit"] for job in recorder.jobs} == {70}


def test_a_sweep_in_a_yaml_file_may_name_a_suite(recorder, own):
    (own / "my_conf" / "mine.yaml").write_text(
        "# @package _global_\ndefaults: [config, _self_]\n"
        "hydra: {sweeper: {params: {experiment: pair, seeds: '1,2', timing: false}}}\n"
    )
    found = overrides(optbench_command("-m", "--config-name", "mine", "--config-dir", "my_conf", cwd=own), recorder)
    pairs = [(experiment, seeds) for experiment in ("iris_softmax", "rosenbrock") for seeds in (1, 2)]
    assert found == [[f"experiment={experiment}", f"seeds={seeds}", "timing=false"] for experiment, seeds in pairs]


@pytest.mark.parametrize("arguments", [["optimizer=sgd"], ["-m", "optimizer=sgd,adam"]])
def test_a_study_stays_where_it_was_started_though_jobs_have_folders(arguments, tmp_path, monkeypatch):
    jobs, places = [], []
    monkeypatch.setattr(
        "optbench.study.study.RunningStudy.finish", lambda self, interrupted: places.append(Path.cwd()) or 0
    )

    def add(self, new):
        jobs.extend(new)
        places.append(Path.cwd())
        return [0.0] * len(new)

    monkeypatch.setattr("optbench.study.study.RunningStudy.add", add)
    folders = ["hydra.sweep.subdir=${hydra.job.num}", "hydra.run.dir=single", "hydra.sweep.dir=all"]
    done = optbench_command(*arguments, "hydra.job.chdir=true", *folders, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert places == [tmp_path, tmp_path]
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_dir()}
    assert made == ({"all", *(f"all/{number}" for number in range(len(jobs)))} if "-m" in arguments else {"single"})


def test_cfg_prints_the_configuration(tmp_path):
    done = optbench_command("--cfg", "job", "optimizer=adam", "dataset.limit=60", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    config = yaml.safe_load(done.stdout)
    assert (config["optimizer"]["b1"], config["dataset"]["limit"]) == (0.9, 60)
    assert config["name"] == "${now:%Y-%m-%d_%H-%M-%S}"
    assert not any(tmp_path.iterdir())


def test_cfg_resolves_and_takes_a_package(tmp_path):
    done = optbench_command("name=x${epochs}", "--cfg", "job", "epochs=7", "--resolve", cwd=tmp_path)
    assert yaml.safe_load(done.stdout)["name"] == "x7"
    done = optbench_command("-c", "all", "-p", "hydra.launcher", cwd=tmp_path)
    assert yaml.safe_load(done.stdout) == {"_target_": "hydra_plugins.optbench_launcher.OptbenchLauncher"}


@pytest.mark.usefixtures("logging_as_it_was")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["searchpath"], "my_conf"), (["plugins"], OptbenchSweeper.__name__)],
)
def test_info_tells_of_search_path_defaults_and_plugins(arguments, expected, own):
    done = optbench_command("--info", *arguments, "optimizer=adam", "--config-dir", "my_conf", cwd=own)
    assert (done.returncode, done.stderr) == (0, "")
    assert expected in done.stdout


def test_help_names_the_choices_of_a_users_folder(own):
    done = optbench_command("-h", "--config-dir", "my_conf", cwd=own)
    assert (done.returncode, done.stderr) == (0, "")
    assert ", pair, " in done.stdout.partition("experiment: ")[2].partition("\n")[0]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("optimizer=adam", {"optimizer=adam", "optimizer=adamax", "optimizer=adamw"}),
        ("-m batches.order", {"batches.order="}),
    ],
)
def test_a_word_is_completed(typed, words, tmp_path):
    line = f"optbench {typed}"
    done = optbench_command("-sc", "query=bash", cwd=tmp_path, COMP_LINE=line, COMP_POINT=str(len(line)))
    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.split()) == words


def test_completion_can_be_installed(tmp_path):
    done = optbench_command("--shell-completion", "install=bash", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "complete -o nospace -o default -F hydra_bash_completion" in done.stdout


APP = """
import hydra
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path=None)
def app(config: DictConfig) -> None:
    print("trained")


if __name__ == "__main__":
    app()
"""


@pytest.mark.parametrize("plugin", ["hydra/launcher", "hydra/sweeper"])
def test_in_another_application_our_plugins_are_one_line(plugin, tmp_path):
    (tmp_path / "app.py").write_text(APP)
    command = [sys.executable, "app.py", "-m", "+a=1,2", f"{plugin}=optbench"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"optbench: `{plugin}=optbench` trains studies of optbench only. Received: another application (module "
        f"__main__). Choose {plugin}=basic.\n"
    )
