"""The speed gate: its decision on made-up times, its workers, and what it is given to compare."""

import itertools
import json
import math
import os
import subprocess
import sys
import time
from typing import ClassVar

import numpy as np
import pytest

from optbench.cli.regression import main as command
from optbench.cli.regression import time as time_door
from optbench.errors import ClockError, ConfigError
from optbench.lab.gates import accepted, rounds
from optbench.lab.gates.allowed import FILE, read_allowed
from optbench.lab.gates.findings import HELD, MISUSE, REGRESSED, UNCLEAR, Found, exit_code
from optbench.lab.gates.ratios import verdict
from optbench.lab.gates.rounds import Benchmark, Contestant, Measured, Times, play
from optbench.lab.gates.trees import tree_of
from optbench.lab.gates.worker import clock_of, yamls_of
from optbench.lab.gates.workers import Worker
from tests.conftest import ROOT

UPDATE = Benchmark("update", "adam")
SGD = Benchmark("update", "sgd")


def made_up(ratio, noise, seed, pairs=5):
    """Times of pairs whose sides scatter by ``noise``, a standard deviation of the logarithm."""
    generator = np.random.default_rng(seed)
    sides = np.exp(generator.normal(0.0, noise, (pairs, 3))) * [1e-3, 1e-3, ratio * 1e-3]
    return Measured(UPDATE, [Times(*row) for row in sides.tolist()], "")


def test_an_update_slower_by_a_quarter_is_caught_in_the_noise_of_a_common_machine():
    assert all(verdict(made_up(1.25, 0.01, seed), 1.05).found is Found.WORSE for seed in range(200))


def test_the_same_code_raises_no_false_alarm_whatever_the_noise():
    for noise in (0.001, 0.01, 0.02, 0.05, 0.2):
        alarms = sum(verdict(made_up(1.0, noise, seed), 1.05).found is Found.WORSE for seed in range(300))
        assert alarms <= 1, noise


def test_a_base_that_differs_from_itself_is_too_noisy_to_tell():
    findings = [verdict(made_up(1.0, 0.2, seed), 1.05) for seed in range(20)]
    assert exit_code(findings) == UNCLEAR
    assert all(finding.found is Found.UNCLEAR for finding in findings)
    assert "too noisy" in findings[0].said


def test_the_whole_interval_must_lie_above_the_allowed_ratio():
    logs = np.log(1.06) + np.array([-0.02, -0.01, 0.0, 0.01, 0.02])  # Student's interval reaches below 1.05
    measured = Measured(UPDATE, [Times(1.0, 1.0, math.exp(x)) for x in logs], "")
    assert verdict(measured, 1.05).found is Found.HELD
    assert verdict(measured, 1.02).found is Found.WORSE


def test_the_ratio_and_its_interval_are_students_over_pairs():
    """Logs 0.1, 0.2, 0.3: mean 0.2, standard error 0.1 / sqrt 3, t of 2 degrees 4.302653."""
    measured = Measured(UPDATE, [Times(1.0, 1.0, math.exp(x)) for x in (0.1, 0.2, 0.3)], "")
    numbers = verdict(measured, 1.05).numbers
    half = 4.302653 * 0.1 / math.sqrt(3)
    seen = [numbers[name] for name in ("ratio", "low", "high")]
    np.testing.assert_allclose(seen, np.exp([0.2, 0.2 - half, 0.2 + half]), rtol=1e-6)


def test_too_few_pairs_cannot_tell():
    assert verdict(made_up(2.0, 0.001, 0, pairs=2), 1.05).found is Found.UNCLEAR


def test_what_could_not_be_timed_is_said():
    finding = verdict(Measured(UPDATE, [], "no such rule"), 1.05)
    assert (finding.found, finding.said) == (Found.NEW, "not timed: no such rule")
    assert exit_code([finding]) == UNCLEAR


def test_accepted_ratios_are_held_against_and_those_of_another_machine_are_left_out():
    before = accepted.EMPTY.accepting([made_up(2.0, 0.005, 1)], "first", "2026-01-31")
    assert accepted.verdict_to_accepted(made_up(2.0, 0.005, 2), before, 1.05).found is Found.HELD
    assert accepted.verdict_to_accepted(made_up(2.5, 0.005, 3), before, 1.05).found is Found.WORSE
    assert accepted.verdict_to_accepted(made_up(1.0, 0.005, 4)._replace(benchmark=SGD), before, 1.05).found is Found.NEW
    elsewhere = accepted.Ratios(before.logs, {str(UPDATE): "another machine"}, before.accepted)
    assert accepted.verdict_to_accepted(made_up(2.5, 0.005, 3), elsewhere, 1.05).found is Found.LEFT_OUT


def test_growth_has_welchs_interval():
    from scipy import stats

    now, before = np.array([0.3, 0.32, 0.35]), np.array([0.1, 0.2, 0.15, 0.12])
    interval = stats.ttest_ind(now, before, equal_var=False).confidence_interval(0.95)
    np.testing.assert_allclose(accepted.growth(now, before)[1:], np.exp(interval), rtol=1e-9)


def test_accepted_ratios_survive_their_file(tmp_path):
    ratios = accepted.EMPTY.accepting([made_up(2.0, 0.005, 1)], "first", "2026-01-31")
    accepted.write(tmp_path / "time.json", ratios)
    assert accepted.read(tmp_path / "time.json") == ratios


class Clock:
    """A worker that takes what it is told, and remembers who was asked."""

    def __init__(self, seconds, asked):
        self.seconds, self.spec = iter(seconds), asked

    def ask(self, **question):
        if "prepare" in question:
            return {"steps": 1}
        if "round" in question:
            self.spec.append(self)
            return {"seconds": next(self.seconds)}
        return {}


def test_rounds_go_there_and_back_and_the_least_counts():
    asked = []
    base, again, head = (Clock(seconds, asked) for seconds in ([3, 1], [2, 5], [7, 6]))
    times = play([Contestant(clock, UPDATE) for clock in (base, again, head)], rounds=1)
    assert times == Times(1, 2, 6)
    assert asked == [base, head, again, again, head, base]


class Side(Clock):
    """A worker in whose place a made-up one answers."""

    dropped: ClassVar[list] = []

    def __init__(self, tree):
        super().__init__(itertools.repeat(1), [])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def ask(self, **question):
        self.dropped += [question["drop"]] if "drop" in question else []
        return super().ask(**question)


def test_sgd_stays_compiled_and_what_is_held_against_it_is_dropped(monkeypatch):
    monkeypatch.setattr(rounds, "Worker", Side)
    monkeypatch.setattr(Side, "dropped", [])
    (measured,) = rounds.beside_sgd(ROOT, [UPDATE], 2, 1, print)
    assert measured.pairs == [Times(1, 1, 1)] * 2
    assert Side.dropped == [list(UPDATE)] * 4  # in both processes, twice


def test_a_strangers_tree_finds_sgd_beside_the_worker_and_one_of_ours_only_its_own(tmp_path):
    assert any(path.exists() for path in yamls_of(tmp_path, "sgd"))
    (tmp_path / "optbench").mkdir()
    assert not any(path.exists() for path in yamls_of(tmp_path, "sgd"))


@pytest.fixture(scope="module")
def worker():
    with Worker(ROOT) as worker:
        yield worker


@pytest.mark.parametrize(("kind", "rule"), [("update", "sgd"), ("step", "tests.lab.gates.planted.late")])
def test_a_worker_times_steps_that_it_made(worker, kind, rule):
    contestant = Contestant(worker, Benchmark(kind, rule))
    assert contestant.prepare() >= 2
    assert contestant.seconds(2) > 0
    contestant.drop()


def test_a_side_is_timed_by_its_own_processor_time_and_on_other_devices_by_the_wall():
    assert clock_of(["CPU"]) is time.process_time
    assert clock_of(["CPU", "GPU"]) is time.perf_counter


def test_a_worker_refuses_a_rule_that_moves_nothing_and_one_that_is_not_there(worker):
    with pytest.raises(ClockError, match="all parameters moved: False"):
        Contestant(worker, Benchmark("step", "tests.lab.gates.planted.still")).prepare()
    with pytest.raises(ClockError, match="no yaml of nowhere"):
        Contestant(worker, Benchmark("step", "nowhere")).prepare()


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


def test_a_revision_is_taken_out_and_removed_and_a_folder_is_left_where_it_is(repository, monkeypatch):
    monkeypatch.chdir(repository)
    with tree_of("HEAD") as tree:
        assert (tree / "file").read_text() == "before"
    assert not tree.exists()
    with tree_of(".") as tree:
        assert (tree / "file").read_text() == "now"
    assert (repository / "file").exists()
    with pytest.raises(ConfigError, match="Received: nonsense"), tree_of("nonsense"):
        pass


def test_allowed_ratios_have_a_default_and_exceptions(tmp_path):
    path = tmp_path / "allowed.yaml"
    path.write_text('default: 1.1\nbenchmarks: {"update[adam]": 1.3}\n')
    allowed = read_allowed(path)
    assert (allowed.of("update[adam]"), allowed.of("step[adam]")) == (1.3, 1.1)
    assert read_allowed(FILE).default == 1.05


@pytest.mark.parametrize("text", ["default: 0.9\nbenchmarks: {}", "default: x\nbenchmarks: {}", "other: 1", "- 1", "{"])
def test_allowed_ratios_that_are_none_are_refused(text, tmp_path):
    (tmp_path / "allowed.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"allowed\.yaml"):
        read_allowed(tmp_path / "allowed.yaml")


@pytest.fixture
def timed(monkeypatch):
    """Made-up times in place of measured ones: head takes so many times as long as base."""

    def timed(ratio):
        for name in ("beside_base", "beside_sgd"):
            monkeypatch.setattr(
                time_door, name, lambda *a: [made_up(ratio, 0.002, 0)._replace(benchmark=b) for b in benchmarks_in(a)]
            )

    return timed


def benchmarks_in(arguments):
    return next(argument for argument in arguments if isinstance(argument, list))


@pytest.mark.parametrize(("ratio", "code"), [(1.0, HELD), (1.25, REGRESSED)])
def test_the_command_beside_a_base(ratio, code, timed, tmp_path, monkeypatch):
    timed(ratio)
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.chdir(tmp_path)
    assert command.run(["time", "--base", ".", "--only", "adam,sgd", "--json", "found.json"]) == code
    told = json.loads((tmp_path / "found.json").read_text())
    assert [finding["subject"] for finding in told["findings"]] == [
        "update[adam]", "step[adam]", "update[sgd]", "step[sgd]",
    ]  # fmt: skip
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
    ("arguments", "complaint"),
    [
        (["--base", "nonsense"], "must name a folder, or a revision"),
        (["--base", ".", "--accept", "why"], "a --base needs none"),
        (["--allowed", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["--only", "sgd"], "has nothing to be compared with"),
        (["--pairs", "none"], "must be a whole number"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_three(arguments, complaint, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    try:
        code = command.run(["time", *arguments])
    except SystemExit as ended:
        code = ended.code
    said = capsys.readouterr().err
    assert code == MISUSE
    assert complaint in said
    assert said.count("\n") == 1


@pytest.mark.heavy
def test_a_further_pass_over_memory_is_caught_and_the_same_code_is_not(tmp_path):
    """The same rule in two trees, one of which does more: a plain side, and one that sums up gradients beside it."""
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
        told = json.loads(out.read_text())["findings"]
        found[head] = next(f["found"] for f in told if f["subject"].startswith("update"))
    assert found == {"plain": "held", "slower": "worse"}


@pytest.mark.heavy
def test_thirty_runs_against_itself_raise_at_most_one_alarm(tmp_path):
    """With the other core loaded; says after each run how many alarms there were."""
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
