"""The learning gate: regressions planted in Adam are caught, harmless changes pass, and what it says helps."""

import json
from dataclasses import replace
from functools import cache

import pytest

from optbench.cli.regression import learn as learn_door
from optbench.cli.regression import main as command
from optbench.config.build import check
from optbench.config.parameters import TARGET
from optbench.lab import conformance
from optbench.lab.gates import baseline as baselines
from optbench.lab.gates.findings import HELD, MISUSE, REGRESSED, UNCLEAR, Found, exit_code
from optbench.lab.gates.learn import compared
from optbench.lab.gates.learned import learned
from optbench.lab.gates.problems import fixed_study
from optbench.lab.rules import rule_node

RULE = "adam"
HURTING = ["without_bias_correction", "forgetful", "eps_inside", "faster", "stale"]
HARMLESS = ["renamed", "reordered", "noisy"]
REASON = "the first"


def node_of(name):
    return check({TARGET: f"tests.lab.gates.planted.{name}"}, "optimizer")


def small_study(*names, seeds=5):
    study = fixed_study()
    kept = [problem for problem in study.problems if problem.name in (names or ("iris_softmax", "quadratic"))]
    return replace(study, problems=tuple(kept), seeds=seeds)


STUDY = small_study()


@cache
def learned_by(planted=None):
    """What a planted rule learns, or Adam itself, under Adam's name."""
    return under_its_name(node_of(planted) if planted else rule_node(RULE), STUDY)


def under_its_name(node, study):
    return learned({RULE: node}, study, workers=2)


@pytest.fixture(scope="module")
def accepted():
    """A baseline of Adam."""
    return baselines.EMPTY.accepting(learned_by().numbers, REASON, "2026-01-31")


@pytest.fixture(scope="module")
def elsewhere(accepted):
    """The same, made on another machine: there is no exact stage."""
    there = {**accepted.made[RULE], "machine": "another, 64 cores"}
    return replace(accepted, made={RULE: there})


def of_stage(findings, stage):
    return {finding.found for finding in findings if finding.stage == stage}


@pytest.mark.parametrize("planted", HURTING)
def test_a_regression_is_caught(planted, accepted):
    findings = compared(accepted, learned_by(planted), STUDY)
    assert exit_code(findings) == REGRESSED
    assert Found.WORSE in of_stage(findings, "exact")


@pytest.mark.parametrize("planted", HARMLESS)
def test_a_harmless_change_passes(planted, accepted):
    findings = compared(accepted, learned_by(planted), STUDY)
    assert {finding.found for finding in findings} == {Found.HELD}, findings


def test_another_population_size_passes(accepted, monkeypatch):
    monkeypatch.setattr("optbench.training.loop.LANES", 2)
    monkeypatch.setattr("optbench.training.loop.LANES_OF_TINY", 2)
    findings = compared(accepted, under_its_name(rule_node(RULE), STUDY), STUDY)
    assert exit_code(findings) == HELD


def test_elsewhere_a_change_of_quality_is_caught_and_the_exact_stage_is_left_out(elsewhere):
    findings = compared(elsewhere, learned_by("lamed"), STUDY)
    assert exit_code(findings) == REGRESSED
    assert of_stage(findings, "exact") == {Found.LEFT_OUT}
    assert Found.WORSE in of_stage(findings, "quality")


@pytest.mark.parametrize("planted", ["noisy", "reordered"])
def test_elsewhere_a_change_of_rounding_passes_and_says_what_was_left_out(planted, elsewhere):
    now = learned_by(planted)
    report = learn_door.report_of(elsewhere, now, STUDY, "accept")
    assert exit_code(report.findings) == HELD
    assert any("machine another, 64 cores there" in finding.said for finding in report.findings)
    assert learn_door.EXACT_LEFT_OUT in report.notes


def test_too_few_seeds_cannot_tell(elsewhere):
    study = small_study("quadratic", seeds=2)
    findings = compared(elsewhere, under_its_name(rule_node(RULE), study), study)
    assert exit_code(findings) == UNCLEAR
    assert any("2 seeds are too few" in finding.said for finding in findings)


def test_a_rule_that_cannot_be_trained_is_a_regression_with_its_own_words(accepted):
    findings = compared(accepted, under_its_name(node_of("failing"), small_study("quadratic")), STUDY)
    assert exit_code(findings) == REGRESSED
    assert "this rule was never finished" in findings[0].said


def test_a_problem_that_begins_otherwise_is_told_from_a_rule_that_goes_on_otherwise(accepted):
    numbers = accepted.numbers.copy()
    first = (numbers["step"] == 0) & (numbers["problem"] == "quadratic")
    numbers.loc[first, "value"] *= 1.01
    findings = compared(replace(accepted, numbers=numbers), learned_by(), STUDY)
    said = [finding.said for finding in findings if finding.found is Found.WORSE]
    assert len(said) == 1
    assert said[0].endswith("before any update: the problem itself is another")


@pytest.mark.parametrize("planted", ["growing", "growing_longer"])
def test_state_that_grows_is_found_by_the_contract(planted):
    subject = conformance.subject_of(node_of(planted))
    with pytest.raises(conformance.Violation, match="State grew from"):
        conformance.checks.keeps_state_structure(subject)


@pytest.fixture
def small(monkeypatch):
    """The command line on the small study."""
    monkeypatch.setattr(learn_door, "fixed_study", lambda: small_study("quadratic"))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def test_the_command_accepts_with_a_reason_and_compares_afterwards(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    path = tmp_path / "learning.parquet"
    learn = ["learn", "--baseline", str(path), "--only", "sgdm"]
    assert command.run([*learn, "--accept", "it begins"]) == HELD
    assert baselines.read(path).accepted[0]["reason"] == "it begins"
    assert command.run([*learn, "--json", str(tmp_path / "found.json")]) == HELD
    assert json.loads((tmp_path / "found.json").read_text())["exit_code"] == HELD
    assert "**No regression.**" in (tmp_path / "summary.md").read_text()
    assert "it begins" in capsys.readouterr().out


def test_accepting_one_rule_keeps_the_others(small, accepted, tmp_path):
    path = tmp_path / "learning.parquet"
    baselines.write(path, accepted)
    assert command.run(["learn", "--baseline", str(path), "--only", "sgdm", "--accept", "one more"]) == HELD
    now = baselines.read(path)
    assert set(now.numbers["rule"]) == {RULE, "sgdm"}
    assert [entry["reason"] for entry in now.accepted] == [REASON, "one more"]
    assert (now.numbers["rule"] == RULE).sum() == len(accepted.numbers)


def test_a_rule_of_ones_own_that_is_new_cannot_be_told_and_the_command_says_how_to_accept_it(
    small, accepted, tmp_path, capsys
):
    path = tmp_path / "learning.parquet"
    baselines.write(path, accepted)
    rule = "tests.lab.gates.planted.plain"
    assert command.run(["learn", "--baseline", str(path), "--rule", rule]) == UNCLEAR
    assert f"learn --baseline {path} --rule {rule} --accept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--only", "rmsprob"], "`rmsprob` does not exist. Did you mean `rmsprop`?"),
        (["--rule", "nowhere.rules.mine"], "cannot be imported"),
        (["--rule", "mine.yaml"], "mine.yaml cannot be read"),
        (["--baseline", "none.parquet"], "There is no baseline none.parquet. Make one: python -m optbench.regression"),
        (["--baseline", "broken.parquet"], "broken.parquet cannot be read as a baseline"),
        (["--accept", " "], "must say why"),
        (["--seeds", "0"], "must be a whole number from 1 on"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_three(arguments, complaint, small, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.parquet").write_text("PAR1")
    try:
        code = command.run(["learn", *arguments])
    except SystemExit as ended:
        code = ended.code
    said = capsys.readouterr().err
    assert code == MISUSE
    assert complaint in said
    assert said.count("\n") == 1


def test_nothing_is_written_where_a_rule_fails(small, tmp_path, capsys):
    path = tmp_path / "learning.parquet"
    rules = ["--rule", "tests.lab.gates.planted.failing", "--only", "sgdm"]
    assert command.run(["learn", "--baseline", str(path), *rules, "--accept", "no"]) == MISUSE
    assert "Nothing was accepted" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
