"""Targets: values that a run should reach, checked before training and stored in the study file."""

import pytest
import yaml

from optbench.errors import ConfigError
from optbench.results.store import Store
from optbench.spec.targets import Target, TargetOptions, read_target
from tests.conftest import CONF, raw_node, stems
from tests.study.test_study import job, study

ACCURATE = {"metric": "accuracy", "split": "valid", "value": 0.9}
NOTHING = {"metric": None, "split": None, "value": None}


def with_loss(one, loss, **values):
    """A job on another loss."""
    one.config["loss"] = raw_node("loss", loss, **values)
    return one._replace(choices={**one.choices, "loss": loss})


def surface(folder, target):
    return with_loss(job(folder, dataset="none", model="point", target=target, compile="eager"), "rosenbrock")


def test_the_study_file_has_the_target_of_each_problem(tmp_path):
    this = study()
    at_most = {"metric": "loss", "split": "train", "value": 1}
    this.add([job(tmp_path, o, target=ACCURATE, compile="eager") for o in ("sgd", "adam")])
    this.add([surface(tmp_path, at_most), job(tmp_path, dataset="wine", target=NOTHING, compile="eager")])
    assert this.finish() == 0
    file = Store(tmp_path / "results").read_study("trial")
    assert {entry.label: entry.drawn for entry in file.problems} == {
        "iris_softmax": ("valid", "test"), "wine_softmax": ("valid", "test"), "rosenbrock_point": (),
    }  # fmt: skip
    assert file.targets == {
        "iris_softmax": Target("accuracy", "valid", 0.9),
        "rosenbrock_point": Target("loss", "train", 1.0),
    }


def test_targets_are_no_part_of_a_runs_id_and_another_target_trains_nothing(tmp_path):
    made = []
    for target in (None, ACCURATE, {**ACCURATE, "value": 0.8}):
        this = study()
        this.add([job(tmp_path, target=target)])
        this.finish()
        made.append(this.trained)
    assert made == [3, 0, 0]
    assert Store(tmp_path / "results").read_study("trial").targets["iris_softmax"].value == 0.8


@pytest.mark.parametrize("names", [["metric"], ["split"], ["value"], ["metric", "value"], ["split", "value"]])
def test_half_a_target_is_one_line(names):
    options = TargetOptions(**{name: None if name in names else ACCURATE[name] for name in ACCURATE})
    with pytest.raises(
        ConfigError, match=rf"^`target\.{names[0]}` is needed where a target is given\. Received: target\."
    ):
        read_target(options)


def test_a_whole_target_and_none():
    assert read_target(TargetOptions(**NOTHING)) is None
    assert read_target(TargetOptions(**ACCURATE)) == Target("accuracy", "valid", 0.9)


def test_several_values_are_a_target_whose_last_is_that_of_time_to_target():
    several = TargetOptions(**{**ACCURATE, "value": None}, values=[0.8, 0.9, 0.8, 0.95])
    assert read_target(several) == Target("accuracy", "valid", 0.95, (0.8, 0.9, 0.95))
    beside = read_target(several._replace(value=0.85))
    assert (beside.value, beside.every) == (0.85, (0.8, 0.9, 0.95, 0.85))
    with pytest.raises(ConfigError, match=r"^`target\.value` is needed where a target is given\. Received: target\.m"):
        read_target(several._replace(values=[]))
    with pytest.raises(ConfigError, match=r"^`target\.metric` is needed where a target is given\. Received: target\.v"):
        read_target(TargetOptions(None, None, None, [0.5]))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0.5, 95.0], "`target.values` of an accuracy must be in (0, 1]. Received: target.values=95."),
        (0.9, "`target.values` must be "),
        (["high"], "`target.values` must be "),
    ],
)
def test_wrong_values_are_one_line(values, words, tmp_path):
    assert refusal(tmp_path, job(tmp_path, target={**ACCURATE, "values": values})).startswith(words)


def refusal(folder, *asked):
    """The line with which the study is refused, before anything is written."""
    with pytest.raises(ConfigError) as error:
        study().add(list(asked))
    assert list(folder.iterdir()) == []
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_regression_under_an_accuracy_target_is_one_line(tmp_path):
    one = with_loss(job(tmp_path, dataset="diabetes", target=ACCURATE), "mse")
    assert refusal(tmp_path, one) == (
        "`target.metric` must be one that this problem records: loss; dataset=diabetes has no classes. "
        "Received: target.metric=accuracy. Give another target, or target=null for none."
    )


def test_a_metric_that_a_problem_does_not_record_is_one_line(tmp_path):
    line = refusal(tmp_path, job(tmp_path, target={**ACCURATE, "metric": "regularized_loss"}))
    assert "loss, accuracy; dataset=iris does not record it. Received: target.metric=regularized_loss." in line
    one = job(tmp_path, target={**ACCURATE, "metric": "regularized_loss", "value": 0.5}, compile="eager")
    one.config["regularizer"] = raw_node("regularizer", "l2", strength=0.1)
    study().add([one])


def test_a_split_that_a_problem_does_not_have_is_one_line(tmp_path):
    line = refusal(tmp_path, surface(tmp_path, {"metric": "loss", "split": "valid", "value": 1.0}))
    assert line.startswith("`target.split` must be a split of dataset=none: train. Received: target.split=valid.")


@pytest.mark.parametrize("value", [0.0, -0.1, 95.0])
def test_an_accuracy_outside_its_range_is_one_line(value, tmp_path):
    line = refusal(tmp_path, job(tmp_path, target={**ACCURATE, "value": value}))
    assert line == f"`target.value` of an accuracy must be in (0, 1]. Received: target.value={value:g}."


@pytest.mark.parametrize(
    ("name", "value"), [("metric", "acuracy"), ("split", "validation"), ("value", "high"), ("value", float("nan"))]
)
def test_a_wrong_target_is_one_line(name, value, tmp_path):
    line = refusal(tmp_path, job(tmp_path, target={**ACCURATE, name: value}))
    assert line.startswith(f"`target.{name}` must be ")
    assert f"Received: target.{name}={value}." in line


@pytest.mark.parametrize("other", [None, {**ACCURATE, "value": 0.8}, {**ACCURATE, "split": "test"}])
def test_one_problem_has_one_target(other, tmp_path):
    line = refusal(tmp_path, job(tmp_path, target=ACCURATE), job(tmp_path, "adam", target=other))
    assert line.startswith("`target` cannot be swept: ")
    assert "Received: accuracy 0.9 on valid and " in line


def experiments_with_a_target():
    """Those of conf/ that give one: a suite's are those of its members, and a published protocol names none."""
    found = {stem: yaml.safe_load((CONF / "experiment" / f"{stem}.yaml").read_text()) for stem in stems("experiment")}
    return {stem: content["target"] for stem, content in found.items() if "target" in content}


@pytest.mark.parametrize("target", experiments_with_a_target().values(), ids=experiments_with_a_target())
def test_the_target_of_an_experiment_is_whole(target):
    assert isinstance(read_target(TargetOptions(**target)), Target)
