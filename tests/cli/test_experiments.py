"""Experiments for Python code: composed as by the command line, without changing Hydra's state."""

import hydra
import pytest
from hydra.core.global_hydra import GlobalHydra

from optbench.cli.experiments import compose_job
from optbench.errors import ConfigError
from tests.conftest import CONF


def test_an_experiment_sets_its_values_and_what_was_published_for_an_optimizer():
    job = compose_job(["experiment=deepobs_mnist_2c2d", "optimizer=momentum"])
    assert job.choices["dataset"] == "mnist"
    assert job.config["dataset"]["valid_fraction"] == 0.0
    assert job.config["batches"] == {"order": "fixed"}
    plain = compose_job(["optimizer=momentum"])
    assert job.config["optimizer"] != plain.config["optimizer"]


def test_hydras_state_is_what_it_was():
    GlobalHydra.instance().clear()
    compose_job(["experiment=digits_mlp"])
    assert not GlobalHydra.instance().is_initialized()
    with hydra.initialize_config_dir(str(CONF), version_base=None):
        theirs = GlobalHydra.instance().hydra
        compose_job(["experiment=digits_mlp"])
        assert GlobalHydra.instance().hydra is theirs


def test_what_hydra_refuses_is_one_line():
    with pytest.raises(ConfigError) as error:
        compose_job(["experiment=digits_mlp", "batchsize=3"])
    assert "batchsize" in str(error.value)
    assert not GlobalHydra.instance().is_initialized()
