"""Our composition of jobs equals Hydra's, leaf by leaf."""

import copy
from contextlib import contextmanager

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.utils import setup_globals
from hydra.errors import HydraException
from hydra.types import RunMode
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from optbench.cli.compose import Composer
from optbench.errors import ConfigError
from tests.conftest import CONF, stems


@contextmanager
def loader_and_master():
    with initialize_config_dir(str(CONF), version_base="1.3"):
        setup_globals()
        loader = GlobalHydra.instance().hydra.config_loader
        yield loader, loader.load_configuration("config", overrides=[], run_mode=RunMode.MULTIRUN)


@pytest.fixture(scope="module")
def hydra():
    with loader_and_master() as both:
        yield both


def as_hydra_does(loader, master, overrides):
    config = loader.load_sweep_config(master, overrides)
    OmegaConf.set_struct(config, False)
    if "weights" in config.model:
        config.model.setdefault("bias", "${model.weights.bias}")  # which one of the VALUES reads
    choices = config.hydra.runtime.choices
    del config["hydra"]
    plain = OmegaConf.to_container(config, resolve=True)
    if not any(override.startswith("++model.bias") for override in overrides):
        plain["model"].pop("bias", None)
    return plain, choices


GROUPS = {group: stems(group) for group in ("optimizer", "dataset", "model", "loss", "experiment")}
VALUES = st.sampled_from([
    "optimizer.learning_rate=1", "optimizer.learning_rate=1e-3", "optimizer.learning_rate=null", "seeds=3",
    "seeds=[1,2,3]", "++model.bias=0.5", "epochs=7", "batch_size=full", "name='a b'", "steps=null", "eval.points=5",
    "optimizer.learning_rate=${model.bias}", "++optimizer.extra=1", "+new=[1,2]", "~steps", "eval={points:3}",
    "+eval.more=1", "precision=float64", "++dataset.split_seed=${epochs}", "compile=graph",
    "++dataset.split.split_seed=3", "++dataset.limit=null", "++model.hidden=[3,4]", "++dataset.split={split_seed: 2}",
])  # fmt: skip
JOBS = st.tuples(
    st.dictionaries(st.sampled_from(sorted(GROUPS)), st.integers(0, 5), max_size=3),
    st.lists(VALUES, max_size=4, unique_by=lambda text: text.lstrip("+~").partition("=")[0]),
)


def overrides_of(job):
    groups, values = job
    return [*(f"{g}={GROUPS[g][i % len(GROUPS[g])]}" for g, i in groups.items()), *values]


class SharedCompositions:
    """Hydra's loader, which composes what it is asked for twice, by Hydra and by us, once."""

    def __init__(self, loader):
        self._loader = loader
        self._composed = {}

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def load_sweep_config(self, master, overrides):
        key = tuple(overrides)
        if key not in self._composed:
            self._composed[key] = self._loader.load_sweep_config(master, overrides)
        return copy.deepcopy(self._composed[key])


@pytest.fixture(scope="module")
def composed_once(hydra):
    loader, master = hydra
    return SharedCompositions(loader), master


@given(st.lists(JOBS, min_size=1, max_size=4))
@settings(max_examples=30, deadline=None, derandomize=True, phases=[Phase.generate])
def test_random_sweeps_compose_as_hydra_composes_them(composed_once, jobs):
    loader, master = composed_once
    composer = Composer(loader, master)
    for overrides in map(overrides_of, jobs):
        try:
            expected, choices = as_hydra_does(loader, master, overrides)
        except HydraException as error:
            with pytest.raises(type(error)):
                composer.job(overrides)
            continue
        job = composer.job(overrides)
        assert job.config == expected
        assert job.choices["optimizer"] == choices["optimizer"]


def test_jobs_that_differ_in_plain_values_are_composed_once(hydra, monkeypatch):
    loader, master = hydra
    calls = []
    right = loader.load_sweep_config
    monkeypatch.setattr(loader, "load_sweep_config", lambda *args: calls.append(1) or right(*args))
    rates = [f"optimizer.learning_rate={10 ** -(i / 10)}" for i in range(50)]
    jobs = Composer(loader, master).jobs([[f"optimizer={o}", rate] for o in ("sgd", "adam") for rate in rates])
    assert len(calls) == 2
    assert len({job.config["optimizer"]["learning_rate"] for job in jobs}) == 50


def test_jobs_that_differ_in_inner_keys_are_composed_once(hydra, monkeypatch):
    loader, master = hydra
    calls = []
    right = loader.load_sweep_config
    monkeypatch.setattr(loader, "load_sweep_config", lambda *args: calls.append(1) or right(*args))
    jobs = Composer(loader, master).jobs([[f"++dataset.limit={n}", "++model.weights.bias=1"] for n in (100, 200)])
    assert len(calls) == 1
    assert [(job.config["dataset"]["limit"], job.config["dataset"]["subset"]["limit"]) for job in jobs] == [
        (100, None),
        (200, None),
    ]
    assert [job.overrides for job in jobs] == [[f"dataset.limit={n}", "model.weights.bias=1"] for n in (100, 200)]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["epochs=${dataset.split_seed}"], 0),
        (["epochs=${dataset.split_seed}", "++dataset.split.split_seed=7"], 7),
        (["epochs=${dataset.split_seed}", "++dataset.split_seed=7"], 7),
        (["epochs=${dataset.split_seed}", "dataset=none", "++dataset.split_seed=7"], 7),
    ],
)
def test_an_interpolation_may_read_a_parameter_under_its_flat_name(overrides, expected, hydra):
    job = Composer(*hydra).job(overrides)
    assert job.config["epochs"] == expected
    assert ("split_seed" in job.config["dataset"]) == ("++dataset.split_seed=7" in overrides)


def test_a_name_may_hold_a_parameter_under_its_flat_name(hydra):
    loader, _ = hydra
    master = loader.load_configuration("config", overrides=["name=x${model.bias}"], run_mode=RunMode.MULTIRUN)
    assert Composer(loader, master).job(["name=x${model.bias}"]).config["name"] == "x0.0"


def test_a_job_that_hydra_refuses_is_named(hydra):
    with pytest.raises(
        ConfigError, match=r"`optimizer\.eps` does not exist.*\(In the job optimizer=sgd optimizer\.eps=1\.\)"
    ):
        Composer(*hydra).jobs([["optimizer=adam", "optimizer.eps=1"], ["optimizer=sgd", "optimizer.eps=1"]])


def test_jobs_do_not_share_what_can_be_changed(hydra):
    first, second = Composer(*hydra).jobs([["seeds=1"], ["seeds=2"]])
    first.config["optimizer"]["learning_rate"] = 99.0
    assert second.config["optimizer"]["learning_rate"] != 99.0


@pytest.fixture(scope="module")
def own(tmp_path_factory, hydra):
    """A composer that finds experiment files which ask for tuning."""
    folder, (loader, _) = tmp_path_factory.mktemp("conf"), hydra
    (folder / "experiment").mkdir()
    for name, text in TUNED.items():
        (folder / "experiment" / f"{name}.yaml").write_text(f"# @package _global_\n{text}")
    path = [f"hydra.searchpath=[file://{folder}]"]
    return Composer(loader, loader.load_configuration("config", overrides=path, run_mode=RunMode.MULTIRUN))


TUNED = {
    "values": "tune: {trials: 3}\n",
    "choice": "defaults: [override /tune: sobol]\ntune: {trials: 3}\n",
    "whole": "tune: {_target_: optbench.study.tuning.tuning, method: {_target_: optbench.study.tuning.sobol}}\n",
}
NONE = {"_target_": "optbench.study.tuning.none"}


@pytest.mark.parametrize("name", TUNED)
@pytest.mark.parametrize("value", [[], ["optimizer.learning_rate=0.5"]])
def test_tune_none_turns_off_what_an_experiment_file_says_of_tuning(name, value, own):
    assert own.job([f"experiment={name}", *value]).config["tune"] != NONE
    assert own.job([f"experiment={name}", "tune=none", *value]).config["tune"] == NONE


def test_values_beside_tune_none_stay_for_the_check_that_refuses_them(own):
    assert own.job(["experiment=values", "tune=none", "tune.trials=4"]).config["tune"] == {**NONE, "trials": 4}


def test_a_job_composed_by_hydra_alone_is_named_where_it_is_refused(hydra):
    (config,) = Composer(*hydra).configs([["optimizer=adam", "optimizer.eps=1"]])
    assert config.optimizer.eps == config.optimizer["eps"] == 1
    assert "runtime" in config.hydra
    with pytest.raises(ConfigError, match=r"`optimizer\.eps` does not exist.*\(In the job optimizer=sgd "):
        Composer(*hydra).configs([["optimizer=sgd", "optimizer.eps=1"]])
