"""The experiment that follows a published study of optimizers on tables: what it composes to."""

import pytest
import yaml

from optbench.cli.experiments import compose_job
from optbench.models.base import Inputs
from optbench.optimizers.muon import is_hidden
from optbench.study.read_job import read_job
from tests.conftest import CONF
from tests.models.test_networks import network

SUITE = yaml.safe_load((CONF / "experiment" / "tabular_published.yaml").read_text())["suite"]
EMA = "wrapper=[clip_by_global_norm,ema]"


@pytest.mark.parametrize("experiment", SUITE)
@pytest.mark.parametrize("optimizer", [("adamw",), ("muon",), ("sgdw",), ("adamw", EMA)], ids="-".join)
def test_the_protocol_is_the_published_one(experiment, optimizer):
    job = read_job(compose_job([f"experiment={experiment}", f"optimizer={optimizer[0]}", *optimizer[1:]]))
    assert (job.problem.batch_size, job.problem.stopping.patience) == (256, 16)
    assert job.problem.names["loss"] == {"housing": "mse", "adult": "cross_entropy"}[experiment.rpartition("_")[2]]
    assert {"learning_rate", "weight_decay"} == set(job.tuning.parameters)
    assert {0.005 <= trial.optimizer["weight_decay"] <= 5 for trial in job.trials} == {True}
    assert len({trial.optimizer["learning_rate"] for trial in job.trials}) == len(job.trials) == 16
    nodes = job.setting.wrapper["wrappers"]
    wrappers = [node["_target_"].rpartition(".")[2] for node in nodes]
    assert wrappers == (["clip_by_global_norm", "ema"] if EMA in optimizer else ["clip_by_global_norm"])
    assert nodes[0]["max_norm"] == 1.0


def test_muon_has_the_matrices_between_the_first_and_the_last_layer():
    model = network("mlp", Inputs((13,), 1, "float32"), hidden=[128, 128, 128])
    assert [name.path for name in model.parameter_names if is_hidden(name)] == ["dense_1/kernel", "dense_2/kernel"]
