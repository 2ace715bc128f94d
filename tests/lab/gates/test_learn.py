"""The learning gate: it finds regressions planted in Adam, lets harmless changes pass, and says what to do."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from optbench.cli.argument_parser import MISUSE
from optbench.cli.regression import learn as learn_command
from optbench.cli.regression import main as command
from optbench.config.build import check
from optbench.config.parameters import TARGET
from optbench.lab import conformance
from optbench.lab.gates import learning_baseline
from optbench.lab.gates.comparison import compare_with_baseline, make_report
from optbench.lab.gates.findings import HELD, REGRESSED, UNCLEAR, Outcome, exit_code
from optbench.lab.gates.learning import LearningResult, train_rules
from optbench.lab.gates.problems import fixed_study
from optbench.lab.gates.trajectory_numbers import KEYS
from optbench.lab.rules import rule_node
from optbench.results.single_file import write_table
from tests.shared import made_once

RULE = "adam"
HURTING = ["without_bias_correction", "forgetful", "eps_inside", "faster", "stale"]
HARMLESS = ["renamed", "reordered", "noisy"]
MORE = ["lamed", "two_percent_of_updates"]
REASON = "the first"
NUMBERS = {}  # of the rules that are examined


def node_of(name):
    return check({TARGET: f"tests.lab.gates.planted.{name}"}, "optimizer")


def small_study(*names, seeds=5):
    study = fixed_study()
    kept = [problem for problem in study.problems if problem.name in (names or ("iris_softmax", "quadratic"))]
    return replace(study, problems=tuple(kept), seeds=seeds)


STUDY = small_study()
SMALLEST = small_study("quadratic")  # which shows each of the regressions


def train_examined(folder):
    """Write the results of Adam and of the harmless rules, and those of the harmful rules on the smallest study."""
    passing = {RULE: rule_node(RULE), **{name: node_of(name) for name in HARMLESS}}
    regressed = {name: node_of(name) for name in (*HURTING, *MORE)}
    for rules, study, name in ((passing, STUDY, "passing"), (regressed, SMALLEST, "regressed")):
        found = train_rules(rules, study, workers=2)
        assert not found.failed
        found.numbers.to_parquet(folder / f"{name}.parquet")


@pytest.fixture(scope="module", autouse=True)
def examined(tmp_path_factory, worker_id):
    """The results of all rules that are examined, trained once for all processes."""
    folder = made_once(tmp_path_factory, worker_id, "learning-gate", train_examined)
    NUMBERS.update({name: pd.read_parquet(folder / f"{name}.parquet") for name in ("passing", "regressed")})


def train_adam(planted=RULE):
    """The results of a planted rule, or of Adam itself, under Adam's name."""
    numbers = NUMBERS["passing" if planted in (RULE, *HARMLESS) else "regressed"]
    numbers = numbers[numbers["rule"] == planted]
    return LearningResult(numbers.assign(rule=RULE).reset_index(drop=True), {})


def train_as_adam(node, study):
    return train_rules({RULE: node}, study, workers=2)


@pytest.fixture(scope="module")
def accepted(examined):
    """A baseline of Adam."""
    return learning_baseline.EMPTY.accept(train_adam().numbers, REASON, "2026-01-31")


@pytest.fixture(scope="module")
def of_another_machine(accepted):
    """The same baseline from another machine."""
    environment = {**accepted.environments[RULE], "machine": "another, 64 cores"}
    return replace(accepted, environments={RULE: environment})


def of_stage(findings, stage):
    return {finding.outcome for finding in findings if finding.stage == stage}


@pytest.mark.parametrize("planted", HURTING)
def test_a_regression_is_found(planted, accepted):
    findings = compare_with_baseline(accepted, train_adam(planted), SMALLEST)
    assert exit_code(findings) == REGRESSED
    assert Outcome.WORSE in of_stage(findings, "exact")


@pytest.mark.parametrize("planted", HARMLESS)
def test_a_harmless_change_passes(planted, accepted):
    findings = compare_with_baseline(accepted, train_adam(planted), STUDY)
    assert {finding.outcome for finding in findings} == {Outcome.HELD}, findings


def test_another_population_size_passes(accepted, monkeypatch):
    monkeypatch.setattr("optbench.training.loop.LANES", 2)
    monkeypatch.setattr("optbench.training.loop.LANES_OF_TINY", 2)
    findings = compare_with_baseline(accepted, train_as_adam(rule_node(RULE), STUDY), STUDY)
    assert exit_code(findings) == HELD


@pytest.mark.parametrize("planted", [*HURTING, *MORE])
def test_on_another_machine_a_regression_is_found_too(planted, of_another_machine):
    report = make_report(of_another_machine, train_adam(planted), SMALLEST, "accept")
    assert exit_code(report.findings) == REGRESSED
    assert Outcome.WORSE in of_stage(report.findings, "exact")
    assert any("machine: another, 64 cores in the baseline" in note for note in report.notes)


@pytest.mark.parametrize("planted", HARMLESS)
def test_on_another_machine_a_change_of_rounding_passes(planted, of_another_machine):
    report = make_report(of_another_machine, train_adam(planted), STUDY, "accept")
    assert {finding.outcome for finding in report.findings} == {Outcome.HELD}
    assert report.notes[-1].startswith("Compared: ")
    assert "margin of 10%" in report.notes[-1]


def test_a_number_with_a_spread_may_differ_by_a_multiple_of_it(accepted):
    """Adam's learning rate off by 2 % is within ten times a spread of 0.3 %, and outside ten times 0.1 %."""
    small = replace(accepted, numbers=accepted.numbers.assign(spread=1e-3))
    findings = [f for f in compare_with_baseline(small, train_adam("faster"), SMALLEST) if f.stage == "exact"]
    assert {finding.outcome for finding in findings} == {Outcome.LEFT_OUT}  # 10 * 0.1 % shows no mistake of a percent
    exact = replace(accepted, numbers=accepted.numbers.assign(spread=1e-4))
    assert Outcome.WORSE in of_stage(compare_with_baseline(exact, train_adam("faster"), SMALLEST), "exact")


def test_the_spread_of_an_accepted_number_never_shrinks(accepted):
    numbers = train_adam().numbers
    wide = learning_baseline.EMPTY.accept(numbers.assign(spread=1e-4), REASON, "2026-01-31")
    again = wide.accept(numbers.assign(spread=1e-6), "again", "2026-02-01")
    assert (again.numbers["spread"] == 1e-4).all()


def test_too_few_seeds_are_unclear(of_another_machine):
    study = small_study("quadratic", seeds=2)
    findings = compare_with_baseline(of_another_machine, train_as_adam(rule_node(RULE), study), study)
    assert exit_code(findings) == UNCLEAR
    assert any("too few seeds: 2" in finding.text for finding in findings)


def test_a_rule_that_cannot_be_trained_is_a_regression_with_its_error(accepted):
    findings = compare_with_baseline(accepted, train_as_adam(node_of("failing"), small_study("quadratic")), STUDY)
    assert exit_code(findings) == REGRESSED
    assert "this rule was never finished" in findings[0].text


def test_a_problem_that_has_changed_is_distinguished_from_a_rule_that_has_changed(accepted):
    numbers = accepted.numbers.copy()
    first = (numbers["step"] == 0) & (numbers["problem"] == "quadratic")
    numbers.loc[first, "value"] *= 1.01
    findings = compare_with_baseline(replace(accepted, numbers=numbers), train_adam(), STUDY)
    texts = [finding.text for finding in findings if finding.outcome is Outcome.WORSE]
    assert len(texts) == 1
    assert texts[0].endswith("before any update: the problem itself has changed")


@pytest.mark.parametrize("planted", ["growing", "growing_longer"])
def test_the_contract_finds_state_that_grows(planted):
    subject = conformance.subject_of(node_of(planted))
    with pytest.raises(conformance.Violation, match="State grew from"):
        conformance.checks.keeps_state_structure(subject)


@pytest.fixture
def small(monkeypatch):
    """The command line on the small study."""
    monkeypatch.setattr(learn_command, "fixed_study", lambda: small_study("quadratic"))
    monkeypatch.setattr(
        learn_command, "measure_spread", lambda *_: pd.DataFrame(columns=[*KEYS, "spread"], dtype=float)
    )
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def test_the_command_accepts_with_a_reason_and_compares_afterwards(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    path = tmp_path / "learning.parquet"
    learn = ["learn", "--baseline", str(path), "--only", "sgdm"]
    assert command.run([*learn, "--accept", "it begins"]) == HELD
    assert learning_baseline.read(path).accepted[0]["reason"] == "it begins"
    assert command.run([*learn, "--json", str(tmp_path / "found.json")]) == HELD
    assert json.loads((tmp_path / "found.json").read_text())["exit_code"] == HELD
    assert "**No regression.**" in (tmp_path / "summary.md").read_text()
    assert "it begins" in capsys.readouterr().out


def test_accepting_one_rule_keeps_the_others(small, accepted, tmp_path):
    path = tmp_path / "learning.parquet"
    learning_baseline.write(path, accepted)
    assert command.run(["learn", "--baseline", str(path), "--only", "sgdm", "--accept", "one more"]) == HELD
    now = learning_baseline.read(path)
    assert set(now.numbers["rule"]) == {RULE, "sgdm"}
    assert [entry["reason"] for entry in now.accepted] == [REASON, "one more"]
    assert (now.numbers["rule"] == RULE).sum() == len(accepted.numbers)


def test_a_new_rule_is_unclear_and_the_command_says_how_to_accept_it(small, accepted, tmp_path, capsys):
    path = tmp_path / "learning.parquet"
    learning_baseline.write(path, accepted)
    rule = "tests.lab.gates.planted.plain"
    assert command.run(["learn", "--baseline", str(path), "--rule", rule]) == UNCLEAR
    assert f"learn --baseline {path} --rule {rule} --accept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "rmsprob"], "`rmsprob` does not exist. Did you mean `rmsprop`?"),
        (["--rule", "nowhere.rules.mine"], "cannot be imported"),
        (["--rule", "mine.yaml"], "mine.yaml cannot be read"),
        (
            ["--baseline", "none.parquet"],
            "There is no baseline none.parquet. Create one: python -m optbench.regression",
        ),
        (["--baseline", "broken.parquet"], "broken.parquet cannot be read as a baseline"),
        (["--accept", " "], "must give a reason"),
        (["--seeds", "0"], "must be a whole number of at least 1"),
    ],
)
def test_misuse_is_one_line_and_exit_code_three(arguments, message, small, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.parquet").write_text("PAR1")
    try:
        code = command.run(["learn", *arguments])
    except SystemExit as ended:
        code = ended.code
    error = capsys.readouterr().err
    assert code == MISUSE
    assert message in error
    assert error.count("\n") == 1


def test_nothing_is_written_if_a_rule_fails(small, tmp_path, capsys):
    path = tmp_path / "learning.parquet"
    rules = ["--rule", "tests.lab.gates.planted.failing", "--only", "sgdm"]
    assert command.run(["learn", "--baseline", str(path), *rules, "--accept", "no"]) == MISUSE
    assert "Nothing was accepted" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_baseline_without_spreads_is_read(accepted, tmp_path):
    about = {"made": dict(accepted.environments), "accepted": list(accepted.accepted)}
    path = tmp_path / "old.parquet"
    write_table(path, accepted.numbers, learning_baseline.WITHOUT_SPREAD, about, ("rule",))
    found = learning_baseline.read(path)
    assert found.numbers["spread"].isna().all()
    assert exit_code(compare_with_baseline(found, train_adam(), STUDY)) == HELD
