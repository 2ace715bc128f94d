"""Published experiments: each follows its paper, with any optimizer."""

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from optbench.cli.compose import base_of
from optbench.config.build import check, flatten
from optbench.problem.built import CONTEXT, BuiltProblems
from optbench.spec.job import JobConfig
from optbench.study.read_job import read_job
from tests.conftest import CONF

SIZES = {  # batch size and epochs
    "deepobs_quadratic_deep": (128, 100),
    "deepobs_mnist_vae": (64, 50),
    "deepobs_fmnist_vae": (64, 100),
    "deepobs_mnist_2c2d": (128, 100),
    "deepobs_fmnist_2c2d": (128, 100),
    "deepobs_cifar10_3c3d": (128, 100),
}
PUBLISHED = list(SIZES)


def composed(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", overrides=list(overrides))


@pytest.mark.parametrize("experiment", PUBLISHED)
def test_a_published_experiment_has_its_papers_momentum_and_leaves_other_rules_alone(experiment):
    assert composed(f"experiment={experiment}", "optimizer=momentum").optimizer.mu == 0.99
    assert composed(f"experiment={experiment}", "optimizer=momentum", "optimizer.mu=0.5").optimizer.mu == 0.5
    assert composed(f"experiment={experiment}", "optimizer=adam").optimizer == composed("optimizer=adam").optimizer
    assert composed("optimizer=momentum").optimizer.mu == 0.9


@pytest.mark.parametrize("experiment", PUBLISHED)
def test_a_published_experiment_keeps_its_protocol(experiment):
    config = composed(f"experiment={experiment}")
    assert (config.batch_size, config.epochs, config.batches.order) == (*SIZES[experiment], "fixed")
    assert config.eval.drop_last
    dataset = check(OmegaConf.to_container(config.dataset), "dataset", CONTEXT["dataset"])
    assert flatten(dataset).get("valid_fraction", 0.0) == 0.0
    assert config.regularizer.get("strength") == (0.002 if "cifar10" in experiment else None)


@pytest.mark.parametrize("experiment", PUBLISHED)
def test_a_published_experiment_trains_on_everything_and_looks_at_whole_batches(experiment, stand_ins):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=[f"experiment={experiment}", "batch_size=32"], return_hydra_config=True)
        base = base_of(config)
    built = BuiltProblems(str(stand_ins)).get(read_job(JobConfig([], base.config, base.choices)).problem)
    examples, tested = (1000, 992) if "quadratic" in experiment else (600, 96)  # of the stand-ins 600 and 100
    assert set(built.data.evaluated) == {"train", "test"}
    assert (len(built.data.train.y), len(built.data.evaluated["test"].y)) == (examples, tested)
    assert len(built.data.evaluated["train"].y) == examples // 32 * 32
    assert (built.steps_per_epoch, len(built.evaluation_steps)) == (examples // 32, min(SIZES[experiment][1] + 1, 101))


def test_numbers_to_draw_can_still_be_given_as_a_value():
    line = "{label: paper, metric: loss, split: test, value: 1.0, source: page 3}"
    assert composed(f"published=[{line}]").published[0].label == "paper"
