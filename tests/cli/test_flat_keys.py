"""Parameters of data sets and models under flat and nested names: as arguments, in experiments, in own files."""

import json

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.utils import setup_globals
from hydra.types import RunMode

import optbench
from optbench.cli.compose import Composer
from optbench.cli.expansion import expand_overrides
from optbench.errors import ConfigError
from optbench.study.read_job import read_job
from tests.commands import optbench_command
from tests.conftest import CONF

FILES = {
    "dataset/flat.yaml": "_target_: optbench.datasets.iris.iris\nvalid_fraction: 0.3\n",
    "dataset/nested.yaml": "_target_: optbench.datasets.iris.iris\nsplit: {valid_fraction: 0.3}\n",
    "dataset/both.yaml": "_target_: optbench.datasets.iris.iris\nvalid_fraction: 0.3\nsplit: {valid_fraction: 0.4}\n",
    "experiment/flat_values.yaml": "# @package _global_\ndefaults: [override /dataset: iris]\n"
    "dataset: {limit: 50}\nmodel: {activation: tanh}\n",
    "experiment/nested_values.yaml": "# @package _global_\ndefaults: [override /dataset: iris]\n"
    "dataset: {subset: {limit: 50}}\nmodel: {nonlinearity: {activation: tanh}}\n",
}


def write(folder):
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    """From the arguments of a command to its problem, the files above on Hydra's search path."""
    mine = write(tmp_path_factory.mktemp("conf"))
    with initialize_config_dir(str(CONF), version_base="1.3"):
        setup_globals()
        loader = GlobalHydra.instance().hydra.config_loader
        path = [f"hydra.searchpath=[file://{mine}]"]
        composer = Composer(loader, loader.load_configuration("config", overrides=path, run_mode=RunMode.MULTIRUN))
        yield lambda *arguments: read_job(composer.job(expand_overrides(arguments, [CONF], multirun=True))).problem


@pytest.mark.parametrize(
    ("arguments", "limit"),
    [
        (["dataset.limit=30"], 30),
        (["dataset.subset.limit=30"], 30),
        (["dataset.subset={limit: 30}"], 30),
        (["+dataset.limit=30"], 30),
        (["experiment=flat_values"], 50),
        (["experiment=nested_values"], 50),
        (["experiment=flat_values", "dataset.limit=30"], 30),
        (["experiment=flat_values", "dataset.subset.limit=30"], 30),
        (["experiment=flat_values", "dataset.subset.limit=null"], None),
        (["experiment=nested_values", "dataset.limit=30"], 30),
        (["experiment=nested_values", "dataset.limit=null"], None),
        (["experiment=nested_values", "dataset.subset.limit=30"], 30),
        (["experiment=flat_values", "dataset=flat"], 50),
        (["dataset=flat", "dataset.subset.limit=30"], 30),
    ],
)
def test_the_command_line_wins_over_files_under_either_name(arguments, limit, problem):
    assert problem(*arguments).dataset["subset"]["limit"] == limit


@pytest.mark.parametrize(
    ("arguments", "fraction"),
    [
        (["dataset=flat"], 0.3),
        (["dataset=nested"], 0.3),
        (["dataset=flat", "dataset.valid_fraction=0.1"], 0.1),
        (["dataset=flat", "dataset.split.valid_fraction=0.1"], 0.1),
        (["dataset=nested", "dataset.valid_fraction=0.1"], 0.1),
        (["dataset=nested", "dataset.valid_fraction=0.2"], 0.2),
        (["dataset=both", "dataset.split.valid_fraction=0.1"], 0.1),
    ],
)
def test_own_files_may_have_either_name(arguments, fraction, problem):
    dataset = problem(*arguments).dataset
    assert (dataset["split"]["valid_fraction"], dataset["split"]["test_fraction"]) == (fraction, 0.2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["model.activation=tanh", "model.hidden=[8]"],
        ["model.nonlinearity.activation=tanh", "model.hidden=[8]"],
        ["experiment=flat_values", "model.hidden=[8]"],
        ["experiment=nested_values", "model.hidden=[8]"],
    ],
)
def test_a_model_has_the_same_parameters_under_either_name(arguments, problem):
    model = problem(*arguments).model
    assert (model["hidden"], model["nonlinearity"]["activation"]) == ([8], "tanh")
    assert model["weights"]["initializer"] == "he_normal"


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        (["dataset.limit=30", "dataset.subset.limit=40"], "dataset.limit=30 and dataset.subset.limit=40"),
        (["dataset.limit=30", "dataset.subset.limit=null"], "dataset.limit=30 and dataset.subset.limit=null"),
        (["dataset=both"], "dataset.valid_fraction=0.3 and dataset.split.valid_fraction=0.4"),
    ],
)
def test_two_values_of_one_parameter_are_one_line(arguments, values, problem):
    with pytest.raises(ConfigError) as error:
        problem(*arguments)
    assert str(error.value).endswith(f"are one parameter. Received: {values}. Give one of them.")


def test_a_command_takes_flat_and_nested_names_with_files_of_ones_own(tmp_path):
    write(tmp_path / "mine")
    sweep = ["dataset=flat,nested,digits", "dataset.limit=60,80", "model.nonlinearity.activation=tanh"]
    rest = ["--config-dir", "mine", "steps=2", "seeds=1", "timing=false", "compile=eager", "name=both"]
    done = optbench_command("-m", *sweep, *rest, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    runs, _ = optbench.load(tmp_path / "results", "both")
    labels = [f"{data}_mlp dataset.limit={limit}" for data in ("digits", "nested") for limit in (60, 80)]
    assert sorted(runs["problem"]) == labels  # flat and nested are one problem, which the last job names
    study = json.loads((tmp_path / "results" / "studies" / "both.json").read_text())
    assert study["jobs"][0]["overrides"][:3] == [
        "dataset=flat",
        "dataset.limit=60",
        "model.nonlinearity.activation=tanh",
    ]


@pytest.mark.parametrize("launcher", ["optbench", "basic"])
def test_flat_names_work_with_every_launcher(launcher, tmp_path):
    arguments = ["dataset=iris", "dataset.limit=60,70", f"hydra/launcher={launcher}", "dry_run=true"]
    done = optbench_command("-m", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
