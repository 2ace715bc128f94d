"""Labels of problems: what varies, under the short names, from new and from older configurations."""

import json
from dataclasses import replace

from optbench.spec.labels import problem_labels
from optbench.spec.run import from_config
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of

VARIED = [{"dataset": {"limit": 100}}, {"dataset": {"split_seed": 3}}, {"model": {"activation": "tanh"}}]
LABELS = [
    "digits_mlp dataset.split_seed=0 dataset.limit=100 model.activation=relu",
    "digits_mlp dataset.split_seed=3 dataset.limit=null model.activation=relu",
    "digits_mlp dataset.split_seed=0 dataset.limit=null model.activation=tanh",
]
OLD_DATASET = {  # as runs were stored when data sets and models had no groups
    "_target_": "optbench.datasets.digits.digits", "valid_fraction": 0.2, "test_fraction": 0.2, "split_seed": 0,
    "standardize": True, "limit": None, "train_fraction": None,
}  # fmt: skip
OLD_MODEL = {
    "_target_": "optbench.models.mlp.mlp", "hidden": [64], "activation": "relu", "slope": 0.01, "pieces": 2,
    "output_activation": "linear", "outputs": None, "initializer": "he_normal", "stddev": 0.1, "bias": 0.0,
}  # fmt: skip


def labels_of(problems):
    return list(problem_labels(dict(enumerate(problems))).values())


def stored(problem):
    """The configuration of a run on ``problem``, written and read back."""
    (run,) = runs_of(problem, make_setting(), seeds=[0])
    config = json.loads(json.dumps(run.config(), sort_keys=True))
    return config, problem.names | run.setting.names


def test_labels_have_the_short_names_of_what_varies():
    assert labels_of([make_problem(nodes=nodes) for nodes in VARIED]) == LABELS


def test_one_varying_parameter_is_the_whole_label():
    problems = [make_problem(nodes={"dataset": {"limit": limit}}) for limit in (100, 200)]
    assert labels_of(problems) == ["digits_mlp dataset.limit=100", "digits_mlp dataset.limit=200"]
    read = [from_config(*stored(problem))[0] for problem in problems]
    assert labels_of(read) == labels_of(problems)


def test_a_loss_is_named_and_not_where_it_is_in_the_code():
    problems = [make_problem(loss=loss) for loss in ("cross_entropy", "mse")]
    assert labels_of(problems) == ["digits_mlp loss=cross_entropy", "digits_mlp loss=mse"]


def test_a_loss_of_another_target_under_the_same_name_is_distinguished_by_its_target():
    usual = make_problem(loss="mse")
    other = replace(usual, loss={**usual.loss, "_target_": "my_losses.mine"})
    places = ("optbench.losses.mse.mse", "my_losses.mine")
    assert labels_of([usual, other]) == [f"digits_mlp loss._target_={place}" for place in places]


def test_a_configuration_from_before_there_were_groups_is_read_and_labeled_like_a_new_one():
    config, names = stored(make_problem())
    older = [{**config, "dataset": OLD_DATASET | {"limit": limit}, "model": OLD_MODEL} for limit in (None, 100)]
    problems = [from_config(each, names)[0] for each in older]
    newer = make_problem(nodes={"dataset": {"limit": 200}})
    assert labels_of([*problems, newer]) == [f"digits_mlp dataset.limit={limit}" for limit in ("null", "100", "200")]
