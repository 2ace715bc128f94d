"""Targets of the wrong kind: rejected by type before they are called, or by their return value; one line each."""

import pytest

from optbench.errors import ConfigError
from optbench.study.read_job import read_job
from tests.study.test_study import job

CALLED = []
HERE = "tests.study.test_kinds."


class Trainer:
    """A class of another kind."""

    def __init__(self):
        CALLED.append("Trainer")


async def waiting():
    CALLED.append("waiting")


def yielding():
    CALLED.append("yielding")
    yield 1


def numbered() -> int:
    CALLED.append("numbered")
    return 1


def nothing():
    CALLED.append("nothing")


unnamed = lambda: None  # noqa: E731

GROUPS = {
    "optimizer": "an optbench.optimizers.base.Optimizer",
    "schedule": "a function (step, total_steps) -> factor",
    "wrapper.mine": "a function from a rule to a rule",
    "dataset": "an optbench.datasets.base.Dataset",
    "model": "an optbench.models.base.Model",
    "loss": "an optbench.losses.base.Loss",
    "regularizer": "an optbench.regularizers.base.Regularizer",
    "tune": "an optbench.spec.tuning.Tuning, or None",
    "executor": "a function that opens an executor",
}
NOT_CALLED = {
    "os.system": "system",
    "subprocess.run": "subprocess.run",
    "builtins.exec": "exec",
    f"{HERE}waiting": "which is async def",
    f"{HERE}yielding": "which is a generator",
}
OF_CLASSES = {f"{HERE}Trainer": "the class", f"{HERE}numbered": "which returns int by its annotation"}
AFTER = [f"{HERE}nothing", f"{HERE}unnamed"]


def refusal(folder, group, target):
    """The line for a job in which a group names a target."""
    CALLED.clear()
    one = job(folder)
    name, _, inner = group.partition(".")
    one.config[name] = {inner: {"_target_": target}} if inner else {"_target_": target}
    with pytest.raises(ConfigError) as error:
        read_job(one)
    return str(error.value)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("target", NOT_CALLED)
def test_what_cannot_be_right_is_not_called(tmp_path, group, target):
    line = refusal(tmp_path, group, target)
    assert line.startswith(f"`{group}` must name a function that returns {GROUPS[group]}")
    assert NOT_CALLED[target] in line
    assert line.endswith("It was not called.")
    assert "\n" not in line
    assert CALLED == []


@pytest.mark.parametrize("group", [group for group in GROUPS if group not in ("schedule", "wrapper.mine", "executor")])
@pytest.mark.parametrize("target", OF_CLASSES)
def test_a_class_or_an_annotation_of_another_type_tells(tmp_path, group, target):
    line = refusal(tmp_path, group, target)
    assert OF_CLASSES[target] in line
    assert CALLED == []


@pytest.mark.parametrize("group", ["schedule", "wrapper.mine", "loss", "regularizer"])
@pytest.mark.parametrize("target", AFTER)
def test_what_returns_nothing_is_named_with_its_group(tmp_path, group, target):
    line = refusal(tmp_path, group, target)
    assert f"`{group}`" in line
    assert "Received: None from " in line
    assert "\n" not in line
