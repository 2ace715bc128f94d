"""The time gate: its decision on invented times, its processes, and the trees that it compares."""

import itertools
import json
import math
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from optbench.cli.argument_parser import MISUSE
from optbench.cli.regression import main as command
from optbench.cli.regression import time as time_command
from optbench.errors import ConfigError
from optbench.lab.gates import rounds, time_baseline
from optbench.lab.gates.allowed_ratios import DEFAULT_FILE, read_allowed_ratios
from optbench.lab.gates.findings import HELD, REGRESSED, UNCLEAR, Outcome, exit_code
from optbench.lab.gates.ratios import judge_memory, judge_times
from optbench.lab.gates.rounds import PairTimes, TimedRule, TimingResult, time_rounds
from optbench.lab.gates.sides import Benchmark, BenchmarkSide
from optbench.lab.gates.timing_worker import clock_of
from optbench.lab.gates.trees import source_tree
from tests.conftest import ROOT

UPDATE = Benchmark("update", "adam")
SGD = Benchmark("update", "sgd")


def invented(ratio, noise, seed, pairs=5):
    """Invented times of pairs whose sides scatter by ``noise``, a standard deviation of the logarithm."""
    generator = np.random.default_rng(seed)
    sides = np.exp(generator.normal(0.0, noise, (pairs, 3))) * [1e-3, 1e-3, ratio * 1e-3]
    return TimingResult(UPDATE, [PairTimes(*row) for row in sides.tolist()], "")


def test_an_update_slower_by_a_quarter_is_found_in_the_noise_of_a_common_machine():
    assert all(judge_times(invented(1.25, 0.01, seed), 1.05).outcome is Outcome.WORSE for seed in range(200))


def test_the_same_code_raises_no_false_alarm_whatever_the_noise():
    for noise in (0.001, 0.01, 0.02, 0.05, 0.2):
        alarms = sum(judge_times(invented(1.0, noise, seed), 1.05).outcome is Outcome.WORSE for seed in range(300))
        assert alarms <= 1, noise


def test_a_base_that_differs_from_itself_is_too_noisy():
    findings = [judge_times(invented(1.0, 0.2, seed), 1.05) for seed in range(20)]
    assert exit_code(findings) == UNCLEAR
    assert all(finding.outcome is Outcome.UNCLEAR for finding in findings)
    assert "too noisy" in findings[0].text


def test_the_whole_interval_must_lie_above_the_allowed_ratio():
    logs = np.log(1.06) + np.array([-0.02, -0.01, 0.0, 0.01, 0.02])  # Student's interval reaches below 1.05
    measured = TimingResult(UPDATE, [PairTimes(1.0, 1.0, math.exp(x)) for x in logs], "")
    assert judge_times(measured, 1.05).outcome is Outcome.HELD
    assert judge_times(measured, 1.02).outcome is Outcome.WORSE


def test_the_interval_of_a_ratio_is_students_over_pairs():
    """Logs 0.1, 0.2, 0.3: mean 0.2, standard error 0.1 / sqrt 3, t of 2 degrees 4.302653."""
    measured = TimingResult(UPDATE, [PairTimes(1.0, 1.0, math.exp(x)) for x in (0.1, 0.2, 0.3)], "")
    numbers = judge_times(measured, 1.05).numbers
    half = 4.302653 * 0.1 / math.sqrt(3)
    seen = [numbers[name] for name in ("ratio", "low", "high")]
    np.testing.assert_allclose(seen, np.exp([0.2, 0.2 - half, 0.2 + half]), rtol=1e-6)


def test_too_few_pairs_are_unclear():
    assert judge_times(invented(2.0, 0.001, 0, pairs=2), 1.05).outcome is Outcome.UNCLEAR


def test_a_benchmark_that_could_not_be_timed_is_reported_as_new():
    finding = judge_times(TimingResult(UPDATE, [], "no such rule"), 1.05)
    assert (finding.outcome, finding.text) == (Outcome.NEW, "not timed: no such rule")
    assert exit_code([finding]) == UNCLEAR


def test_ratios_are_compared_with_accepted_ones_of_the_same_machine():
    before = time_baseline.EMPTY.accept([invented(2.0, 0.005, 1)], "first", "2026-01-31")
    assert time_baseline.judge_growth(invented(2.0, 0.005, 2), before, 1.05).outcome is Outcome.HELD
    assert time_baseline.judge_growth(invented(2.5, 0.005, 3), before, 1.05).outcome is Outcome.WORSE
    assert (
        time_baseline.judge_growth(invented(1.0, 0.005, 4)._replace(benchmark=SGD), before, 1.05).outcome is Outcome.NEW
    )
    of_another_machine = time_baseline.TimeBaseline(before.logs, {str(UPDATE): "another machine"}, before.accepted)
    assert time_baseline.judge_growth(invented(2.5, 0.005, 3), of_another_machine, 1.05).outcome is Outcome.LEFT_OUT


def test_growth_has_welchs_interval():
    from scipy import stats

    now, before = np.array([0.3, 0.32, 0.35]), np.array([0.1, 0.2, 0.15, 0.12])
    interval = stats.ttest_ind(now, before, equal_var=False).confidence_interval(0.95)
    np.testing.assert_allclose(time_baseline.growth(now, before)[1:], np.exp(interval), rtol=1e-9)


def test_accepted_ratios_survive_their_file(tmp_path):
    ratios = time_baseline.EMPTY.accept([invented(2.0, 0.005, 1)], "first", "2026-01-31")
    time_baseline.write(tmp_path / "time.json", ratios)
    assert time_baseline.read(tmp_path / "time.json") == ratios


class FakeSide:
    """A side with invented times."""

    def __init__(self, seconds=itertools.repeat(1.0), calls=None):  # noqa: B008 - it never ends
        self.seconds, self.calls = iter(seconds), [] if calls is None else calls

    def compile(self, benchmark):
        pass

    def time_window(self, benchmark, steps):
        self.calls.append(self)
        return steps * next(self.seconds)

    def state_bytes(self, benchmark):
        return 4

    def drop(self, benchmark):
        pass


def test_rounds_alternate_their_order_and_the_least_time_counts():
    calls = []
    sides = [FakeSide(seconds, calls) for seconds in ([1, 1, 3, 1], [1, 1, 2, 5], [1, 1, 7, 6])]
    times = time_rounds([TimedRule(side, UPDATE) for side in sides], rounds=1)
    assert times == PairTimes(1, 2, 6)
    base, again, head = sides
    assert calls[-6:] == [base, head, again, again, head, base]


def test_a_window_is_fitted_after_it_was_compiled():
    side = FakeSide([60.0, *[0.01] * 9])
    assert TimedRule(side, UPDATE).prepare() == 8


def test_sgd_stays_compiled_and_the_rule_that_is_compared_with_it_is_dropped(monkeypatch):
    dropped = []

    class Side(FakeSide):
        def __init__(self, tree):
            super().__init__()

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def drop(self, benchmark):
            dropped.append(benchmark)

    monkeypatch.setattr(rounds, "BenchmarkSide", Side)
    (result,) = rounds.time_against_sgd(ROOT, [UPDATE], 2, 1, print)
    assert result.pairs == [PairTimes(1, 1, 1, 4, 4)] * 2
    assert dropped == [UPDATE] * 4  # in both processes, twice


@pytest.fixture(scope="module")
def side():
    with BenchmarkSide(ROOT) as side:
        yield side


@pytest.mark.parametrize(("kind", "rule"), [("update", "sgd"), ("step", "tests.lab.gates.planted.late")])
def test_a_side_times_steps_that_it_made(side, kind, rule):
    timed = TimedRule(side, Benchmark(kind, rule))
    assert timed.prepare() >= 2
    assert timed.time_window(2) > 0
    timed.drop()


@pytest.mark.parametrize(
    ("before", "now", "outcome"), [(8, 8, Outcome.HELD), (8, 9, Outcome.WORSE), (8, 4, Outcome.BETTER)]
)
def test_memory_is_exact(before, now, outcome):
    (finding,) = judge_memory(TimingResult(UPDATE, [PairTimes(1, 1, 1, before, now)], ""))
    assert (finding.stage, finding.outcome) == ("memory", outcome)
    assert judge_memory(TimingResult(UPDATE, [], "it failed")) == []


def test_a_side_knows_what_a_rule_remembers(side):
    benchmark = Benchmark("update", "adam")
    side.compile(benchmark)
    assert side.state_bytes(benchmark) == 2 * 4 * 10**6 + 4  # two averages of a million numbers, and the step
    side.drop(benchmark)


def test_a_side_is_timed_by_its_processor_time_and_with_other_devices_by_the_wall_clock():
    assert clock_of(["CPU"]) is time.process_time
    assert clock_of(["CPU", "GPU"]) is time.perf_counter


def test_a_rule_that_does_not_move_parameters_or_cannot_be_made_is_reported_and_the_side_goes_on(side):
    def failure(rule):
        result = TimingResult(Benchmark("step", rule), [], "")
        return rounds.add_pair(result, [TimedRule(side, result.benchmark)] * 3, 1, drop=[]).failure

    assert failure("tests.lab.gates.planted.still") == "A timed window made 2 of 2 updates, parameters moved: False"
    assert failure("nowhere") == f"There is no {ROOT / 'conf' / 'optimizer' / 'nowhere.yaml'}"
    assert failure("nowhere.mine") == "ModuleNotFoundError: No module named 'nowhere'"
    assert "this rule was never finished" in failure("tests.lab.gates.planted.failing")
    assert failure("sgd") == ""


def test_a_side_times_a_tree_with_another_optbench(tmp_path):
    """A package of the same name without anything that the gate itself uses."""
    (tmp_path / "conf" / "optimizer").mkdir(parents=True)
    (tmp_path / "conf" / "optimizer" / "old.yaml").write_text("_target_: optbench.rules.old\nrate: 0.5\n")
    (tmp_path / "optbench").mkdir()
    (tmp_path / "optbench" / "__init__.py").write_text("")
    (tmp_path / "optbench" / "rules.py").write_text(
        "class old:\n"
        "    def __init__(self, rate):\n        self.rate = rate\n"
        "    def init(self, params):\n        return []\n"
        "    def update(self, grads, state, params):\n        return [-self.rate * g for g in grads], state\n"
    )
    with BenchmarkSide(tmp_path) as side:
        timed = TimedRule(side, Benchmark("update", "old"))
        assert timed.prepare() >= 2


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit, whose file is another now."""

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    (tmp_path / "file").write_text("before")
    git("add", "file")
    git("commit", "-q", "-m", "one")
    (tmp_path / "file").write_text("now")
    return tmp_path


def test_a_revision_is_extracted_and_removed_and_a_folder_is_used_in_place(repository, monkeypatch):
    monkeypatch.chdir(repository)
    with source_tree("HEAD") as tree:
        assert (tree / "file").read_text() == "before"
    assert not tree.exists()
    with source_tree(".") as tree:
        assert (tree / "file").read_text() == "now"
    assert (repository / "file").exists()
    with pytest.raises(ConfigError, match="Received: nonsense"), source_tree("nonsense"):
        pass


def test_allowed_ratios_have_a_default_and_exceptions(tmp_path):
    path = tmp_path / "allowed.yaml"
    path.write_text('default: 1.1\nbenchmarks: {"update[adam]": 1.3}\n')
    allowed = read_allowed_ratios(path)
    assert (allowed.of("update[adam]"), allowed.of("step[adam]")) == (1.3, 1.1)
    assert read_allowed_ratios(DEFAULT_FILE).default == 1.05


@pytest.mark.parametrize("text", ["default: 0.9\nbenchmarks: {}", "default: x\nbenchmarks: {}", "other: 1", "- 1", "{"])
def test_a_file_without_valid_ratios_is_refused(text, tmp_path):
    (tmp_path / "allowed.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"allowed\.yaml"):
        read_allowed_ratios(tmp_path / "allowed.yaml")


@pytest.fixture
def timed(monkeypatch):
    """Invented times in place of measured ones: head takes so many times as long as base."""

    def timed(ratio):
        for name in ("time_against_base", "time_against_sgd"):
            monkeypatch.setattr(
                time_command,
                name,
                lambda *a: [invented(ratio, 0.002, 0)._replace(benchmark=b) for b in benchmarks_in(a)],
            )

    return timed


def benchmarks_in(arguments):
    return next(argument for argument in arguments if isinstance(argument, list))


@pytest.mark.parametrize(("ratio", "code"), [(1.0, HELD), (1.25, REGRESSED)])
def test_the_command_with_a_base(ratio, code, timed, tmp_path, monkeypatch):
    timed(ratio)
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.chdir(tmp_path)
    assert command.run(["time", "--base", ".", "--only", "adam,sgd", "--json", "found.json"]) == code
    content = json.loads((tmp_path / "found.json").read_text())
    assert [(finding["subject"], finding["stage"]) for finding in content["findings"]] == [
        *((subject, "time") for subject in ("update[adam]", "step[adam]", "update[sgd]", "step[sgd]")),
        *((subject, "memory") for subject in ("update[adam]", "update[sgd]")),
    ]
    assert ("Regressed" in summary.read_text()) == (code == REGRESSED)


def test_the_command_without_a_base(timed, tmp_path, monkeypatch):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.chdir(tmp_path)
    arguments = ["time", "--baseline", "time.json", "--only", "adam"]
    timed(2.0)
    assert command.run(arguments) == MISUSE  # there is none yet
    assert command.run([*arguments, "--accept", "first"]) == HELD
    assert command.run(arguments) == HELD
    timed(2.5)
    assert command.run(arguments) == REGRESSED


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--base", "nonsense"], "must name a folder, or a revision"),
        (["--base", ".", "--accept", "why"], "which is not used with --base"),
        (["--allowed", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["--only", "sgd"], "leaves nothing to compare"),
        (["--pairs", "none"], "must be a whole number"),
    ],
)
def test_misuse_is_one_line_and_exit_code_three(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    try:
        code = command.run(["time", *arguments])
    except SystemExit as ended:
        code = ended.code
    error = capsys.readouterr().err
    assert code == MISUSE
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.heavy
def test_another_pass_over_memory_is_found_and_the_same_code_passes(tmp_path):
    """The same rule in two trees, one of which also sums up gradients."""
    sides = {}
    for name in ("plain", "slower"):
        sides[name] = tmp_path / name
        (sides[name] / "mine").mkdir(parents=True)
        (sides[name] / "mine" / "rules.py").write_text(f"from tests.lab.gates.planted import {name} as mine\n")
    found = {}
    for head in sides:
        out = tmp_path / f"{head}.json"
        base = ["--base", str(sides["plain"]), "--head", str(sides[head]), "--rule", "mine.rules.mine"]
        command.run(["time", *base, "--json", str(out)])
        content = json.loads(out.read_text())["findings"]
        found[head] = next(f["found"] for f in content if f["subject"].startswith("update"))
    assert found == {"plain": "held", "slower": "worse"}


@pytest.mark.heavy
def test_thirty_runs_against_itself_raise_at_most_one_alarm(tmp_path):
    """With the other core loaded; prints the number of alarms after each run."""
    load = subprocess.Popen([sys.executable, "-c", f"import os\nwhile os.getppid() == {os.getpid()}: pass"])
    codes = []
    try:
        for number in range(30):
            arguments = ["--base", str(ROOT), "--head", str(ROOT), "--only", "adam"]
            codes.append(command.run(["time", *arguments, "--json", str(tmp_path / f"{number}.json")]))
            alarms, noisy = codes.count(REGRESSED), codes.count(UNCLEAR)
            print(f"{alarms} false alarms, {noisy} too noisy to tell, of {len(codes)} runs", flush=True)
    finally:
        load.kill()
        load.wait()
    assert codes.count(REGRESSED) <= 1
