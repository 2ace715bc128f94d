"""The comparison with Keras: what it says, and that it notices what differs."""

import pytest
from rich.console import Console

from optbench import crosscheck
from optbench.crosscheck import AGREE, PAIRS, Side, difference, gradients, show
from tests.conftest import optbench_command

GRADS = gradients(60)
SAME_RULE = {"sgd", "momentum", "adadelta", "lion", "lamb", "adafactor"}


@pytest.mark.parametrize("rule", PAIRS)
def test_with_conventions_made_equal_only_rounding_is_left(rule):
    assert difference(*PAIRS[rule].equal, GRADS) < AGREE


@pytest.mark.parametrize("rule", PAIRS)
def test_with_the_same_numbers_a_convention_shows_where_one_differs(rule):
    assert (difference(*PAIRS[rule].same, GRADS) < AGREE) == (rule in SAME_RULE)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Side("sgd", {"learning_rate": 0.1 * (1 + 1e-4)}), Side("SGD", {"learning_rate": 0.1})),
        (Side("adam", {"learning_rate": 0.001, "b2": 0.9991}), Side("Adam", {"learning_rate": 0.001})),
        (Side("adagrad", {"learning_rate": 0.1}), Side("Adagrad", {"learning_rate": 0.1})),
    ],
)
def test_a_difference_is_noticed(ours, theirs):
    assert difference(ours, theirs, GRADS) > AGREE


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_reads_at_any_width_and_names_the_convention(width, capsys):
    assert show(["adam", "sgdm"], 5, Console(width=width, highlight=False)) == 0
    said = capsys.readouterr().out
    assert "…" not in said
    assert all(len(line) <= width for line in said.splitlines())
    words = " ".join(said.split())
    assert "learning rate" in words
    assert "eps" in words


def test_rules_that_differ_though_made_equal_are_an_exit_code(monkeypatch, capsys):
    wrong = PAIRS["sgd"]._replace(equal=(Side("sgd", {"learning_rate": 0.2}), PAIRS["sgd"].same[1]))
    monkeypatch.setitem(crosscheck.PAIRS, "sgd", wrong)
    assert show(["sgd"], 3, Console(width=80)) == 1
    assert "a mistake in one of the two" in capsys.readouterr().out


def test_the_command_prints_the_rules_asked_for(tmp_path):
    done = optbench_command("adam", "--steps", "10", module="optbench.crosscheck", cwd=tmp_path, COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Adam" in done.stdout
    assert "adagrad" not in done.stdout


@pytest.mark.parametrize("arguments", [["adma"], ["--steps", "0"], ["--steps", "x"]])
def test_a_misuse_of_the_command_is_exit_code_two(arguments, tmp_path):
    done = optbench_command(*arguments, module="optbench.crosscheck", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
