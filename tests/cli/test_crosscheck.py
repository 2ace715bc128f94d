"""The comparison with other libraries: what it says, and that it notices what differs."""

import json
import sys
from argparse import Namespace

import pytest
from rich.console import Console

from optbench.cli.crosscheck import compare, show
from optbench.lab.certificates.cases import cases_of
from optbench.lab.certificates.found import DOUBLE, SINGLE
from optbench.lab.certificates.libraries import keras
from optbench.lab.certificates.measure import OurSide, difference, in_keras, measure
from optbench.lab.certificates.streams import streams
from tests.commands import optbench_command
from tests.lab.certificates.made_up import CONVERTED, NOTHING_DIFFERS, found, measured

SHORT = {"tiny": streams(12)["tiny"]}
QUICK = ("sgd", "adam", "adafactor")  # the rest is among the heavy tests of tests/certificates


@pytest.mark.parametrize("case", cases_of(QUICK, {"Keras": keras.REFERENCES}), ids=lambda case: "-".join(case.key))
def test_a_difference_is_there_with_the_same_numbers_alone_and_where_one_is_told(case):
    apart = difference(OurSide().of(case, "tiny", SHORT["tiny"]), in_keras(case, SHORT["tiny"]))
    assert (apart > DOUBLE) == (bool(case.reference.why) and case.numbered == "same")


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("sgd", {"learning_rate": 0.1 * (1 + 1e-6)}),
        ("adafactor", {"eps2": 0.0010001}),
    ],
)
def test_a_wrong_rule_is_a_mistake_and_an_exit_code(rule, wrong, monkeypatch, capsys):
    planted = keras.REFERENCES[rule]._replace(ours=wrong)
    monkeypatch.setitem(keras.REFERENCES, rule, planted)
    assert show(measure([rule], 12, sys.executable), Console(width=80)) == 1
    assert f"Not explained: {rule} beside Keras" in capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_reads_at_any_width_and_says_what_differs(width, capsys):
    references = [
        found(CONVERTED, same=0.1, equal=1e-15),
        found(library="pytorch-optimizer"),
        found(rule="schedule_free_adamw", library="Optax"),
    ]
    assert show(measured(*references), Console(width=width, highlight=False)) == 0
    said = capsys.readouterr().out
    assert "…" not in said
    assert all(len(line) <= width for line in said.splitlines())
    words = " ".join(said.split())
    for expected in ("1.0e-01", "1.0e-15", "schedule_free_adamw", "Not compared, since not there: PyTorch"):
        assert expected in words


def test_what_differs_without_a_reason_is_an_exit_code(capsys):
    assert show(measured(found(NOTHING_DIFFERS, same=0.3)), Console(width=200)) == 1
    assert "Not explained: adam beside Keras: It differs by 3.0e-01" in capsys.readouterr().out


def test_the_command_prints_the_rules_asked_for_and_writes_their_page_where_it_is_told(tmp_path):
    asked = ("sgd", "--steps", "5", "--reports-dir", "here")
    done = optbench_command(*asked, module="optbench.crosscheck", cwd=tmp_path, COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The same rule." in done.stdout
    assert "adagrad" not in done.stdout
    folder = tmp_path / "here" / "certificates"
    assert '<h2 id="sgd">' in (folder / "index.html").read_text(encoding="utf8")
    assert json.loads((folder / "certificates.json").read_text(encoding="utf8"))["steps"] == 5


def test_the_page_of_all_rules_is_not_replaced_by_one_of_some(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = Namespace(rule=["sgd"], steps=5, oracles_python=sys.executable, reports_dir=None)
    assert compare(asked, Console(width=80)) == 0
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_measured(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    arguments = Namespace(rule=["sgd"], steps=5, oracles_python="none", reports_dir=str(tmp_path / "file"))
    with pytest.raises(Exception, match="`--reports-dir` cannot be written to"):
        compare(arguments, Console())


@pytest.mark.parametrize("arguments", [["adma"], ["--steps", "0"], ["--steps", "x"]])
def test_a_misuse_of_the_command_is_exit_code_two(arguments, tmp_path):
    done = optbench_command(*arguments, module="optbench.crosscheck", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_what_rounding_may_leave_is_less_than_what_is_looked_for():
    assert DOUBLE < SINGLE < 1e-4
