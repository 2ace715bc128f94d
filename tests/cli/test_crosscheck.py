"""The comparison with other libraries: its report, and that it detects every difference."""

import json
import sys
from argparse import Namespace
from importlib import import_module

import pytest
from rich.console import Console

from optbench.cli.crosscheck import run_cross_check, show
from optbench.errors import ConfigError
from optbench.lab.certificates.cases import list_cases
from optbench.lab.certificates.comparison import DOUBLE, SINGLE, difference
from optbench.lab.certificates.library_updates import case_updates
from optbench.lab.certificates.measure import RuleUpdates, cross_check
from optbench.lab.rules import about_rule
from optbench.lab.streams import certificate_streams
from tests.commands import optbench_command
from tests.lab.certificates import examples
from tests.lab.certificates.examples import CONVERTED, NOTHING_DIFFERS, comparison

SHORT = {"tiny": certificate_streams(12)["tiny"]}
ORACLES = "tests.optimizers.rules"
QUICK = ("sgd", "adam", "adafactor")  # the others are among the heavy tests of tests/lab/certificates


@pytest.mark.parametrize("case", list_cases(QUICK, ["Keras"]), ids=lambda case: "-".join(case.key))
def test_rules_differ_only_with_the_same_numbers_and_only_where_a_difference_is_explained(case):
    ours, theirs = RuleUpdates().of_case(case, "tiny", SHORT["tiny"]), case_updates(case, SHORT)["tiny"]
    assert (difference(ours, theirs) > DOUBLE) == (bool(case.reference.why) and case.numbering == "same")


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("sgd", {"learning_rate": 0.1 * (1 + 1e-6)}),
        ("adafactor", {"eps2": 0.0010001}),
    ],
)
def test_a_wrong_rule_is_an_unexplained_difference_and_an_exit_code(rule, wrong, monkeypatch, capsys):
    about = about_rule(rule)
    planted = [about.references[0]._replace(ours=wrong), *about.references[1:]]
    module = import_module(f"optbench.optimizers.{rule}")
    monkeypatch.setattr(module, "ABOUT", about._replace(references=planted))
    assert show(cross_check([rule], 12, sys.executable, ORACLES), Console(width=80)) == 1
    assert f"Unexplained: {rule} compared with Keras: " in capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_fits_any_width_and_says_what_differs(width, capsys):
    comparisons = [
        comparison(CONVERTED, same=0.1, equal=1e-15),
        comparison(library="pytorch-optimizer"),
        comparison(rule="schedule_free_adamw", library="Optax"),
    ]
    assert show(examples.cross_check(*comparisons), Console(width=width, highlight=False)) == 0
    output = capsys.readouterr().out
    assert "…" not in output
    assert all(len(line) <= width for line in output.splitlines())
    words = " ".join(output.split())
    for expected in ("1.0e-01", "1.0e-15", "schedule_free_adamw", "Not installed, so not compared: PyTorch"):
        assert expected in words


def test_a_difference_without_an_explanation_is_an_exit_code(capsys):
    assert show(examples.cross_check(comparison(NOTHING_DIFFERS, same=0.3)), Console(width=200)) == 1
    expected = "Unexplained: adam compared with Keras: The updates differ by 3.0e-01, without an explanation."
    assert expected in capsys.readouterr().out


def test_the_command_prints_the_named_rules_and_writes_their_page_into_the_named_folder(tmp_path):
    arguments = ("sgd", "--steps", "5", "--reports-dir", "here")
    done = optbench_command(*arguments, module="optbench.crosscheck", cwd=tmp_path, COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The same rule." in done.stdout
    assert "adagrad" not in done.stdout
    folder = tmp_path / "here" / "certificates"
    assert '<h2 id="sgd">' in (folder / "index.html").read_text(encoding="utf8")
    assert json.loads((folder / "certificates.json").read_text(encoding="utf8"))["steps"] == 5


def test_the_page_of_all_rules_is_not_replaced_by_one_of_some(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = Namespace(rule=["sgd"], steps=5, oracles_python=sys.executable, oracles=None, reports_dir=None)
    assert run_cross_check(arguments, Console(width=80)) == 0
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_is_reported_before_anything_is_measured(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    arguments = Namespace(
        rule=["sgd"], steps=5, oracles_python="none", oracles=None, reports_dir=str(tmp_path / "file")
    )
    with pytest.raises(Exception, match="`--reports-dir` cannot be written to"):
        run_cross_check(arguments, Console())


@pytest.mark.parametrize("arguments", [["adma"], ["--steps", "0"], ["--steps", "x"]])
def test_a_misuse_of_the_command_is_exit_code_two(arguments, tmp_path):
    done = optbench_command(*arguments, module="optbench.crosscheck", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_rules_are_compared_with_oracles_where_a_package_of_them_is_given(capsys):
    result = cross_check(["sgd"], 5, sys.executable, ORACLES)
    assert result.oracles["sgd"] < DOUBLE
    show(result, Console(width=200))
    assert "float64 oracles" not in capsys.readouterr().out
    result = cross_check(["sgd"], 5, sys.executable)
    assert result.oracles == {}
    show(result, Console(width=200))
    assert "Not compared with float64 oracles. Name a package of them with --oracles." in capsys.readouterr().out


def test_a_rule_that_differs_from_its_oracle_is_unexplained(tmp_path, monkeypatch, capsys):
    (tmp_path / "my_oracles").mkdir()
    (tmp_path / "my_oracles" / "sgd.py").write_text(
        "def oracle(grads, params, learning_rate):\n"
        "    return [[-0.99 * learning_rate * g for g in step] for step in grads]\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    assert show(cross_check(["sgd"], 5, sys.executable, "my_oracles"), Console(width=200)) == 1
    assert (
        "Unexplained: sgd compared with its float64 oracle: The updates differ by 1.0e-02." in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("package", "message"),
    [
        (
            "nowhere.oracles",
            "`--oracles` cannot be imported: ModuleNotFoundError: No module named 'nowhere'. Received: ",
        ),
        (
            "tests.optimizers",
            "must name a package with one module per rule. Received: tests.optimizers, which has none",
        ),
        ("optbench.optimizers", "optbench.optimizers.sgd must define `oracle`"),
        ("", "`--oracles` cannot be imported"),
    ],
)
def test_a_package_without_oracles_is_reported_before_anything_is_measured(package, message):
    with pytest.raises(ConfigError, match=message):
        cross_check(["sgd"], 5, "no such Python", package)


def test_the_tolerance_of_rounding_is_smaller_than_the_differences_that_are_looked_for():
    assert DOUBLE < SINGLE < 1e-4
