"""A suite is a sweep over its experiments, with any sweeper and launcher."""

import pytest
import yaml

import optbench
from optbench.cli.arguments import parse
from optbench.cli.expansion import expand
from optbench.cli.experiments import compose_job
from optbench.errors import ConfigError
from tests.commands import optbench_command
from tests.conftest import CONF, FILES, STAND_INS

SMALL = yaml.safe_load((CONF / "experiment" / "suite_small.yaml").read_text())["suite"]


@pytest.fixture
def own(tmp_path):
    """A folder of configuration with suites of a user's own."""
    folder = tmp_path / "my_conf" / "experiment"
    folder.mkdir(parents=True)
    (folder / "pair.yaml").write_text("suite: [iris_softmax, himmelblau]\n")
    (folder / "crowded.yaml").write_text("suite: [iris_softmax]\nseeds: 3\n")
    (folder / "empty.yaml").write_text("suite: []\n")
    (folder / "single.yaml").write_text("suite: iris_softmax\n")
    return tmp_path / "my_conf"


def expanded(*arguments):
    """The overrides that Hydra gets for a command line."""
    return list(expand(parse(arguments)).overrides)


def test_a_suite_is_its_experiments_in_their_order():
    given = ["-m", "experiment=suite_small", "optimizer=sgd,adam"]
    assert expanded(*given) == [f"experiment={','.join(SMALL)}", "optimizer=sgd,adam"]
    assert len(SMALL) >= 8


def test_the_modern_suite_needs_neither_files_nor_a_network():
    members = yaml.safe_load((CONF / "experiment" / "suite_modern.yaml").read_text())["suite"]
    data_sets = [compose_job([f"experiment={name}"]).choices["dataset"] for name in members]
    assert len(members) == 10
    assert not set(data_sets) & {*STAND_INS, *FILES, "function"}


def test_what_is_no_suite_stays_as_it_is():
    assert expanded("-m", "experiment=rosenbrock,nothing") == ["experiment=rosenbrock,nothing"]
    for given in (["experiment=iris_softmax"], ["seeds=3"], []):
        assert expanded(*given) == given


def test_a_suite_stands_beside_others_and_none_is_trained_twice():
    given = ["--multirun", "experiment=beale,suite_small,rosenbrock"]
    assert expanded(*given) == [f"experiment={','.join(['beale', *SMALL])}"]


def test_a_sweep_without_the_flag_takes_suites_too():
    assert expanded("hydra.mode=MULTIRUN", "experiment=suite_small")[1] == f"experiment={','.join(SMALL)}"


@pytest.mark.parametrize("flags", [["--config-dir", "{}"], ["--config-dir={}"], ["-cd", "{}"]])
def test_a_users_own_suite_is_found_in_their_folder(flags, own):
    given = ["-m", *(flag.format(own) for flag in flags), "experiment=pair"]
    assert expanded(*given)[-1] == "experiment=iris_softmax,himmelblau"


@pytest.mark.parametrize("name", ["crowded", "empty", "single"])
def test_a_suite_that_is_no_list_of_names_is_one_line(name, own):
    with pytest.raises(
        ConfigError, match=rf"^`experiment={name}` must contain only `suite`, .*Received: suite"
    ) as caught:
        expanded("-m", "--config-dir", str(own), f"experiment={name}")
    assert "\n" not in str(caught.value)


def test_a_suite_without_m_says_what_to_write(tmp_path):
    done = optbench_command("experiment=suite_small", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"optbench: `experiment=suite_small` is a suite of {len(SMALL)} experiments")
    assert done.stderr.endswith("Write python -m optbench -m experiment=suite_small.\n")
    assert not any(tmp_path.iterdir())


def test_a_suite_is_a_job_for_each_experiment_under_hydras_own_launcher(own, tmp_path):
    quick = ["seeds=1", "epochs=1", "steps=2", "timing=false", "name=pair", "hydra/launcher=basic"]
    done = optbench_command("-m", "experiment=pair", *quick, "--config-dir", str(own), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    runs, _ = optbench.load(tmp_path / "results", study="pair")
    assert sorted(runs["problem"]) == ["himmelblau_point", "iris_softmax"]
