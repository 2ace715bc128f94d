"""Wrong losses, metrics and decisions: one line each, before anything trains."""

import pytest

from optbench.errors import ConfigError
from optbench.results.store import Store
from optbench.spec.job import JobConfig
from optbench.study.plan import plan_study, read_jobs
from optbench.study.resources import StudyResources
from tests.conftest import raw_node
from tests.study.test_study import job

RESOURCES = StudyResources()  # data sets are built once for all cases
OWN = "tests.metrics.own."
CLASSES, TWO, NUMBERS = {"dataset": "iris"}, {"dataset": "breast_cancer"}, {"dataset": "diabetes"}
SOFTMAX, ONE = {"output_activation": "softmax"}, {"outputs": 1}
CASES = {  # a name: the data and model, the loss with its values, further keys, and what the line says
    "a loss that does not exist": (CLASSES, "keras", {"class_name": "Hubre"}, {}, "Did you mean `Huber`?"),
    "a keyword that does not exist": (
        NUMBERS, "keras", {"class_name": "Huber", "keywords": {"dleta": 2}}, {}, "Did you mean `delta`?",
    ),
    "a keyword that is set elsewhere": (
        NUMBERS, "keras", {"keywords": {"reduction": "sum"}}, {}, "`loss.keywords.reduction` cannot be given here.",
    ),
    "a keyword that Keras refuses": (
        CLASSES, "keras", {"class_name": "CategoricalGeneralizedCrossEntropy", "keywords": {"q": 2.0}}, {},
        "raised ValueError: q must be in the interval (0, 1)",
    ),
    "one number for a batch": (
        CLASSES, "keras", {"class_name": "Dice"}, {}, "of shape (5,) for outputs of shape (5, 3).",
    ),
    "a loss of sequences": (CLASSES, "keras", {"class_name": "CTC"}, {}, "has a target at each position"),
    "classes for numbers": (
        NUMBERS, "keras", {"class_name": "CategoricalCrossentropy"}, {}, "needs classes. Received: dataset=diabetes",
    ),
    "margins of probabilities": (
        CLASSES | SOFTMAX, "keras", {"class_name": "CategoricalHinge"}, {}, "needs linear ones. Received: ",
    ),
    "logits that are none": (
        CLASSES | SOFTMAX, "keras", {"class_name": "CategoricalCrossentropy", "keywords": {"from_logits": True}}, {},
        "`loss.keywords.from_logits` of CategoricalCrossentropy contradicts the model",
    ),
    "a softmax over one output": (TWO | SOFTMAX | ONE, "cross_entropy", {}, {}, "the softmax of a single output is"),
    "sigmoids for exclusive classes": (
        CLASSES | {"output_activation": "sigmoid"}, "cross_entropy", {}, {}, "need not add up to 1",
    ),
    "outputs that mean neither": (
        CLASSES | {"output_activation": "tanh"}, "cross_entropy", {}, {}, "Give loss.outputs_are=logits",
    ),
    "a class weight of numbers": (NUMBERS, "auto", {"class_weight": "balanced"}, {}, "`loss.class_weight` is about cl"),
    "a class weight of no class": (
        CLASSES, "cross_entropy", {"class_weight": {"7": 2.0}}, {}, "`loss.class_weight.7`: a class `7` of iris does",
    ),
    "a negative class weight": (
        CLASSES, "cross_entropy", {"class_weight": {"0": -1}}, {}, "`loss.class_weight` must be at least 0",
    ),
    "a class weight that is a word": (
        CLASSES, "cross_entropy", {"class_weight": "fair"}, {}, "`loss.class_weight` must be balanced or names with",
    ),
    "two answers for three classes": (CLASSES, "binary_cross_entropy", {}, {}, "needs two classes, or several labels"),
    "huber for classes": (CLASSES, "huber", {}, {}, "`loss=huber` needs numbers to predict. Received: dataset=iris"),
    "a function that is missing": (CLASSES, "function", {}, {}, "`loss.function` is needed"),
    "a function that returns None": (
        NUMBERS, "function", {"function": "tests.losses.test_function.returns_nothing"}, {}, "returned None.",
    ),
    "a function that raises": (
        NUMBERS, "function", {"function": "tests.losses.test_function.raises"}, {}, "raised KeyError: 'what' at ",
    ),
    "a function of the batch": (
        NUMBERS, "function", {"function": "tests.losses.test_function.returns_the_mean"}, {}, "float32 of shape ().",
    ),
    "a metric that does not exist": (CLASSES, "auto", {}, {"metrics": ["acuracy"]}, "Did you mean `accuracy`?"),
    "metrics that are no list": (CLASSES, "auto", {}, {"metrics": "f1"}, "`metrics` must be auto or a list"),
    "a member that is a number": (CLASSES, "auto", {}, {"metrics": [3]}, "A member of `metrics` must be a name"),
    "an argument that does not exist": (
        CLASSES, "auto", {}, {"metrics": [{"top_k": {"kk": 2}}]}, "`metrics.top_k.kk` does not exist.",
    ),
    "as many classes as there are": (
        CLASSES, "auto", {}, {"metrics": [{"top_k": {"k": 3}}]}, "Received: k=3 and 3 outputs on iris.",
    ),
    "f1 of three classes": (CLASSES, "auto", {}, {"metrics": ["f1"]}, "`metrics=[f1]` is of two classes."),
    "an error of classes": (CLASSES, "auto", {}, {"metrics": ["rmse"]}, "`metrics=[rmse]` needs numbers for targets."),
    "an accuracy of numbers": (NUMBERS, "auto", {}, {"metrics": ["accuracy"]}, "Take mae, rmse or r2."),
    "probabilities that are none": (CLASSES, "mse", {}, {"metrics": ["log_loss"]}, "`metrics=[log_loss]` needs prob"),
    "a metric twice": (
        CLASSES, "auto", {}, {"metrics": ["auc", {OWN + "auc": {"direction": "maximize"}}]}, "two of the name auc.",
    ),
    "a metric without a direction": (
        CLASSES, "auto", {}, {"metrics": [OWN + "no_direction"]}, "must say which direction is better",
    ),
    "a direction that is none": (CLASSES, "auto", {}, {"metrics": [OWN + "wrong_direction"]}, "direction=up."),
    "a metric of a taken name": (CLASSES, "auto", {}, {"metrics": [OWN + "loss"]}, "whose name is loss. Rename it."),
    "a metric that returns None": (
        CLASSES, "auto", {}, {"metrics": [OWN + "none_score"]}, "none_score (own.py, line",
    ),
    "a metric that returns a text": (CLASSES, "auto", {}, {"metrics": [OWN + "text_score"]}, "returned str high."),
    "a metric of each example": (
        CLASSES, "auto", {}, {"metrics": [OWN + "vector_score"]}, "returned ndarray of shape (",
    ),
    "a metric that raises": (CLASSES, "auto", {}, {"metrics": [OWN + "raising_score"]}, "at own.py, line"),
    "a metric of one argument": (
        CLASSES, "auto", {}, {"metrics": [OWN + "takes_one_score"]}, "takes 1 positional argument but 2 were given",
    ),
    "a metric that is not there": (
        CLASSES, "auto", {}, {"metrics": ["my_package.metrics.f"]}, "`metrics=my_package.metrics.f` cannot be imported",
    ),
    "a decision of another form": (CLASSES, "auto", {}, {"decide_by": "a.b.c.d"}, "`decide_by` must be metric, split."),
    "a decision that is not recorded": (
        CLASSES, "auto", {}, {"decide_by": "cost"}, "recorded on iris: loss, accuracy. Received: decide_by=valid.cost.",
    ),
    "a decision that does not fit": (CLASSES, "auto", {}, {"decide_by": "rmse"}, "`metrics=[rmse]` needs numbers"),
    "a target that is out of range": (
        TWO, "auto", {}, {"metrics": ["f1"], "target": {"metric": "f1", "split": "valid", "value": 2.0}},
        "`target.value` of f1 must be in [0, 1]. Received: target.value=2.",
    ),
}  # fmt: skip


def config(folder, problem, loss, values, keys):
    """A job with another loss and other keys, as Hydra would compose it."""
    model = {key: value for key, value in problem.items() if key != "dataset"}
    overrides, composed, choices = job(folder, dataset=problem["dataset"], **keys)
    composed = {**composed, "loss": raw_node("loss", loss, **values), "model": composed["model"] | model}
    return JobConfig(overrides, composed, {**choices, "loss": loss})


@pytest.mark.parametrize("name", CASES)
def test_wrong_input_is_one_line(name, tmp_path):
    *asked, said = CASES[name]
    with pytest.raises(ConfigError) as error:
        plan_study(read_jobs([config(tmp_path, *asked)]), RESOURCES, Store(tmp_path / "results"))
    line = str(error.value)
    assert said in line
    assert "\n" not in line
    assert not (tmp_path / "results").exists()


def test_without_a_mistake_they_are_planned(tmp_path):
    keys = {"metrics": ["f1", "auc", OWN + "cost"], "decide_by": "valid.f1.best"}
    planned = plan_study(
        read_jobs([config(tmp_path, TWO, "auto", {"class_weight": "balanced"}, keys)]), RESOURCES, Store(tmp_path)
    )
    (study_job,) = planned.jobs
    assert study_job.spec.problem.names["loss"] == "cross_entropy"
    assert list(study_job.notes) == ["loss=auto is cross_entropy: breast_cancer has 2 classes."]
