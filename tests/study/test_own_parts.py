"""A user's own rule, schedule, wrapper and regularizer: each works, and a wrong one is answered in one line."""

import pytest

from optbench.cli.conformance import ADVICE, Contract, run_check
from optbench.config.build import make
from optbench.errors import ConfigError
from optbench.lab.conformance.checks import CHECKS
from optbench.lab.subjects import Subject
from optbench.study.read_job import read_job
from optbench.study.rule_example import EXAMPLE
from tests.commands import optbench_command
from tests.study.test_study import job

OWN = "tests.study.own_parts"
PAIR = "An optimizer is a function of its hyperparameters that returns a pair of functions (init, update). Received: "
WRONG = {  # group and function: the beginning of the line
    (
        "optimizer",
        "step_with_tape",
    ): f"{PAIR}{OWN}.step_with_tape (own_parts.py, line ",
    ("optimizer", "returns_none"): f"{PAIR}None from {OWN}.returns_none (own_parts.py, line ",
    ("optimizer", "returns_function"): f"{PAIR}function from {OWN}.returns_function (own_parts.py, line ",
    (
        "optimizer",
        "returns_pair",
    ): "An optimizer must be returned as optbench.optimizers.base.Optimizer(init, update). ",
    ("optimizer", "returns_keras_optimizer"): "A Keras optimizer is named by its class. Received: SGD from ",
    ("optimizer", "raises"): f"`optimizer` cannot be made. Received: {OWN}.raises (own_parts.py, line ",
    ("schedule", "raises"): f"`schedule` cannot be made. Received: {OWN}.raises (own_parts.py, line ",
    (
        "schedule",
        "factor_of_none",
    ): f"`schedule` must give one finite number for a step. Received: None from {OWN}.fact",
    (
        "schedule",
        "factor_of_vector",
    ): "`schedule` must give one finite number for a step. Received: EagerTensor of shape",
    (
        "schedule",
        "factor_of_nan",
    ): f"`schedule` must give one finite number for a step. Received: nan from {OWN}.factor",
    ("schedule", "factor_of_step"): f"`schedule` failed at step 0. Received: {OWN}.factor_of_step (own_parts.py, line ",
    (
        "schedule",
        "plain_factor",
    ): "`schedule` must be a function that returns a function (step, total_steps) -> factor.",
    ("wrapper", "raises"): f"`wrapper.mine` cannot be made. Received: {OWN}.raises (own_parts.py, line ",
    (
        "wrapper",
        "returns_none",
    ): "`wrapper.mine` must be a function that returns a function from a rule to a rule. Recei",
    (
        "wrapper",
        "wraps_nothing",
    ): f"`wrapper.mine` must turn a rule into a rule. Received: None from {OWN}.wraps_nothing",
    ("wrapper", "wraps_badly"): f"`wrapper.mine` cannot wrap a rule. Received: {OWN}.wraps_badly (own_parts.py, line ",
    ("regularizer", "raises"): f"`regularizer` cannot be made. Received: {OWN}.raises (own_parts.py, line ",
    (
        "regularizer",
        "returns_none",
    ): "`regularizer` must return a Regularizer, whose penalty is a function of the parame",
    (
        "regularizer",
        "penalty_function",
    ): "`regularizer` must return a Regularizer, whose penalty is a function of the pa",
    (
        "regularizer",
        "penalty_vector",
    ): "The penalty of `regularizer` must be one number. Received: EagerTensor of shape (",
    (
        "regularizer",
        "penalty_raises",
    ): f"`regularizer` failed on a weight. Received: {OWN}.penalty_raises (own_parts.py",
}
WITH_EXAMPLE = {"step_with_tape", "returns_function", ("optimizer", "returns_none")}


def with_part(folder, group, function):
    one, node = job(folder), {"_target_": f"{OWN}.{function}"}
    one.config[group] = {"mine": node} if group == "wrapper" else node
    return one


@pytest.mark.parametrize(("group", "function"), WRONG)
def test_a_function_that_is_no_part_is_one_line(group, function, tmp_path):
    with pytest.raises(ConfigError) as error:
        read_job(with_part(tmp_path, group, function))
    line, _, rest = str(error.value).partition("\n")
    assert line.startswith(WRONG[group, function])
    assert rest == (EXAMPLE if function in WITH_EXAMPLE or (group, function) in WITH_EXAMPLE else "")


@pytest.mark.parametrize(
    ("group", "function"),
    [("optimizer", "rule"), ("schedule", "factor"), ("wrapper", "wrapper"), ("regularizer", "regularizer")],
)
def test_a_part_of_ones_own_is_taken(group, function, tmp_path):
    spec = read_job(with_part(tmp_path, group, function))
    node = spec.problem.nodes.get(group) or spec.setting.nodes[group]
    assert make(node) is not None


def test_the_file_of_a_wrapper_without_its_name_is_one_line(tmp_path):
    one = job(tmp_path)
    one.config["wrapper"] = {"_target_": f"{OWN}.wrapper", "scale": 0.5}
    with pytest.raises(ConfigError, match=r"must contain the wrapper under a name.* Received: _target_: .*"):
        read_job(one)


def test_the_lines_of_the_answer_make_a_rule_that_keeps_the_contract():
    names = {}
    exec("\n".join(line.removeprefix("    ") for line in EXAMPLE.splitlines()), names)
    contract = Contract(Subject(names["my_rule"], {"learning_rate": 0.1}, {}), CHECKS, ADVICE)
    assert [result.violation for result in (run_check(check, contract) for check in CHECKS)] == [""] * len(CHECKS)


def test_a_study_of_ones_own_parts_from_a_folder_of_configuration(tmp_path):
    files = {
        "optimizer/own.yaml": f"_target_: {OWN}.rule\nlearning_rate: 0.1\n",
        "schedule/own.yaml": f"_target_: {OWN}.factor\nhalf: 0.9\n",
        "wrapper/own.yaml": f"own:\n  _target_: {OWN}.wrapper\n  scale: 0.5\n",
        "regularizer/own.yaml": f"_target_: {OWN}.regularizer\nstrength: 0.01\n",
    }
    for name, text in files.items():
        path = tmp_path / "conf" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    parts = ["optimizer=own", "schedule=own", "wrapper=[own]", "regularizer=own", "--config-dir", "conf"]
    quick = ["dataset=iris", "model=softmax", "steps=2", "seeds=1", "timing=false", "compile=eager", "name=own"]
    done = optbench_command(*parts, *quick, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    wrong = optbench_command(
        "optimizer=own", f"optimizer._target_={OWN}.returns_none", *quick, *parts[-2:], cwd=tmp_path
    )
    assert wrong.returncode == 1
    assert wrong.stderr.startswith(f"optbench: {PAIR}None from ")
    assert "Traceback" not in wrong.stderr
