"""Every yaml of conf/ composes and builds, and its stem is its module's."""

import copy
import importlib
from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from optbench.config.build import TARGET, check, is_node, locate, make
from optbench.config.parameters import parameters
from optbench.datasets.base import Dataset
from optbench.losses.base import Loss
from optbench.metrics.base import Metric
from optbench.models.base import Inputs, Model
from optbench.optimizers.base import Optimizer
from optbench.problem.built import CONTEXT, check_problem_nodes
from optbench.regularizers.base import Regularizer
from optbench.spec.run import PROBLEM_GROUPS
from tests.conftest import CONF, ROOT, dataset_node, raw_node, stems

GROUPS = ["optimizer", "schedule", "dataset", "model", "loss", "metric", "regularizer"]
KINDS = {
    "optimizer": Optimizer,
    "dataset": Dataset,
    "model": Model,
    "loss": Loss,
    "metric": Metric,
    "regularizer": Regularizer,
}
FOLDERS = {
    "optimizer": "optimizers",
    "dataset": "datasets",
    "model": "models",
    "loss": "losses",
    "metric": "metrics",
    "schedule": "schedules",
    "regularizer": "regularizers",
    "wrapper": "wrappers",
    "diagnose": "diagnostics",
}
INPUTS = {  # of models that take neither images nor vectors
    "point": Inputs((0,), 1, "float32"),
    "transformer": Inputs((8,), 5, "float32", 5),
    "mlp_tabular": Inputs((4,), 3, "float32"),
    "embedding_bag": Inputs((8,), 3, "float32", classes=3, ids=7),
    "vae": Inputs((8, 8, 1), 64, "float32", are_targets=True),
    "autoencoder": Inputs((8, 8, 1), 64, "float32", are_targets=True),
}
NEEDED = {("model", "keras"): {"build": "tests.models.keras_models.dense"}}  # what an item cannot be built without
NODES = [(group, stem) for group in GROUPS for stem in stems(group)]


def needed_node(group, stem):
    """A node with what it cannot be built without."""
    return raw_node(group, stem, **NEEDED.get((group, stem), {}))


@pytest.mark.parametrize(("group", "stem"), NODES)
def test_a_yaml_builds_what_its_group_holds(group, stem, stand_ins):
    node = dataset_node(stem, stand_ins) if group == "dataset" else needed_node(group, stem)
    context = {"inputs": INPUTS.get(stem, Inputs((32, 32, 3), 10, "float32")), "data_dir": str(stand_ins)}
    built = make(check(node, group, CONTEXT.get(group, ())), **context)
    assert isinstance(built, KINDS[group]) if group in KINDS else callable(built)


@pytest.mark.parametrize(("group", "stem"), NODES)
def test_a_yaml_lists_every_hyperparameter(group, stem):
    node = raw_node(group, stem)
    declared = {name: p for name, p in parameters(locate(node[TARGET])).items() if name not in CONTEXT.get(group, ())}
    assert [name for name in node if name != TARGET] == list(declared)
    groups = {name: inner for name, inner in node.items() if is_node(inner)}
    assert list(groups) == [name for name, p in declared.items() if p.is_group]
    for inner in groups.values():
        assert [name for name in inner if name != TARGET] == list(parameters(locate(inner[TARGET])))


@pytest.mark.parametrize(("group", "stem"), [n for n in NODES if n[0] in ("dataset", "model")])
def test_a_yaml_has_the_defaults_of_the_signature(group, stem):
    """Of a group they must be the same: a flat name replaces a nested value only where that is the default."""
    context = CONTEXT.get(group, ())
    assert raw_node(group, stem) == check({TARGET: raw_node(group, stem)[TARGET]}, group, context)


@pytest.mark.parametrize(("group", "stem"), [n for n in NODES if n[0] in FOLDERS])
def test_the_stem_is_the_modules(group, stem):
    assert raw_node(group, stem)[TARGET] == f"optbench.{FOLDERS[group]}.{stem}.{stem}"


@pytest.mark.parametrize(("group", "folder"), FOLDERS.items())
def test_every_module_has_a_yaml(group, folder):
    files = [path.stem for path in (ROOT / "optbench" / folder).glob("*.py")]
    shared = {
        "base",
        "splits",
        "activations",
        "initializers",
        "user_data",
        "user_options",
    }  # public, and no items; a family's helpers begin with _
    modules = {stem for stem in files if not stem.startswith("_")} - shared
    assert modules == set(stems(group))


EXPERIMENTS = {stem: yaml.safe_load((CONF / "experiment" / f"{stem}.yaml").read_text()) for stem in stems("experiment")}
SUITES = {stem: content["suite"] for stem, content in EXPERIMENTS.items() if "suite" in content}


@pytest.mark.parametrize("stem", sorted(set(EXPERIMENTS) - set(SUITES)))
def test_an_experiment_composes(stem):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=[f"experiment={stem}"])
    own = copy.deepcopy(EXPERIMENTS[stem])
    groups = {next(iter(d)).removeprefix("override /"): next(iter(d.values())) for d in own.pop("defaults")}
    wrappers = groups.pop("wrapper", [])
    assert list(config.wrapper) == wrappers
    for group, choice in groups.items():
        assert OmegaConf.select(config, f"{group}._target_") == raw_node(group, choice)[TARGET]
    for key, value in leaves(own):
        assert OmegaConf.select(config, key) == value, key
    check_problem_nodes({group: OmegaConf.to_container(config[group]) for group in PROBLEM_GROUPS})


@pytest.mark.parametrize("stem", SUITES)
def test_a_suite_names_other_experiments_each_once(stem):
    assert set(SUITES[stem]) <= set(EXPERIMENTS) - set(SUITES)
    assert len(set(SUITES[stem])) == len(SUITES[stem])


def leaves(node, path=""):
    for name, value in node.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


@pytest.mark.parametrize("path", sorted(CONF.rglob("*.yaml")), ids=lambda path: str(path.relative_to(CONF)))
def test_a_yaml_begins_with_what_it_is(path: Path):
    if path.parent.name != "help":
        comments = [
            line for line in path.read_text().splitlines()[:2] if line.startswith("# ") and "@package" not in line
        ]
        assert comments


def test_no_conf_folder_stands_in_the_package_when_working_from_the_repository():
    assert not (Path(importlib.import_module("optbench").__file__).parent / "conf").exists()
    assert yaml.safe_load((CONF / "config.yaml").read_text())["defaults"]
