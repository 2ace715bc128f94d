"""The answer of a report: the whole text for each kind of study."""

from pathlib import Path

import numpy as np
import pytest

from optbench.report.sentences.words import round_duration
from optbench.report.verdict import verdict
from tests.report.made_studies import better, losses, made, tuned, with_timings

BOTH = ("digits_mlp", "iris_mlp")
SIX = ("digits_mlp", *(f"iris_{letter}" for letter in "abcde"))
SPLITS = tuple(f"digits_mlp dataset.split_seed={seed}" for seed in (0, 1, 2))
FOUR = ("sgd", "adam", "rmsprop", "adamw")
NOISE = np.random.default_rng(4).normal(size=(2, 10))
RATES = (0.001, 0.01, 0.1, 1.0)


def noisy(run, second="adam"):
    """A loss without a difference between adam and sgd, where the median of ``second`` is the higher one."""
    return 1.0 + 0.1 * NOISE[int(run.optimizer == second), run.seed]


def beside(others):
    """A change: adam has a loss near 1, sgd a similar one, and the optimizers of ``others`` the given ones."""
    return losses(lambda run: others.get(run.optimizer) or noisy(run))


def small(run):
    """A loss with a difference that is small against its spread."""
    return 1.0 + 0.1 * NOISE[int(run.optimizer == "adam"), run.seed] * (1 if run.seed % 2 else -1)


def accuracy(of_run):
    """A change that sets the accuracies of each run."""

    def change(runs, curves):
        ends = {run.run_id: of_run(run) for run in runs.itertuples()}
        is_accuracy = curves["metric"] == "accuracy"
        return runs, curves.assign(value=np.where(is_accuracy, curves["run_id"].map(ends), curves["value"]))

    return change


def both(*changes):
    def change(runs, curves):
        for each in changes:
            runs, curves = each(runs, curves)
        return runs, curves

    return change


def without_validation(runs, curves):
    return better("adam")(runs, curves[curves["split"] != "valid"])


def diverge(condition):
    """A change: the runs that fulfill a condition diverge at step 30."""

    def change(runs, curves):
        lost = runs.apply(condition, axis=1)
        steps = np.where(lost, 30.0, np.nan)
        return better("adam")(runs.assign(status=np.where(lost, "diverged", "done"), diverged_at_step=steps), curves)

    return change


def winner_of(ahead):
    return losses(lambda run: 1.0 + 0.01 * run.seed - 0.5 * (ahead[run.problem] == run.optimizer))


def rated(runs, curves):
    """Losses by learning rate after step 0, where they are 2.5."""
    rates = curves["run_id"].map(runs.set_index("run_id")["hp.learning_rate"])
    ends = rates.map({0.001: 0.9, 0.01: 0.55, 0.1: 0.5, 1.0: 0.8}) - 0.2 * (
        curves["run_id"].map(runs.set_index("run_id")["optimizer"]) == "adam"
    )
    loss = (curves["metric"] == "loss") & (curves["step"] > 0)
    start = (curves["metric"] == "loss") & (curves["step"] == 0)
    value = np.where(loss, ends, np.where(start, 2.5, curves["value"]))
    return runs, curves.assign(value=value)


def falling(runs, curves):
    """The same, where the largest rate is the best."""
    rates = curves["run_id"].map(runs.set_index("run_id")["hp.learning_rate"])
    value = np.where(curves["step"] == 0, 2.5, 1.0 - 0.2 * np.log10(rates))
    adam = curves["run_id"].map(runs.set_index("run_id")["optimizer"]) == "adam"
    return runs, curves.assign(value=np.where(curves["metric"] == "loss", value - 0.1 * adam, curves["value"]))


UNTUNED = {"jobs": [{"overrides": [f"optimizer={name}", "dataset=digits"]} for name in ("sgd", "adam")]}


def timed(**times):
    data = made(better("adam"), seeds=10)
    return with_timings(data, data.result.timings.assign(**times))


def elsewhere(change, paired=False, comparable=False, **values):
    """The data of a report of runs that were trained elsewhere."""
    origin = {"origin": "csv:1", "source": "csv", "name": "runs.csv", "paired": paired, "comparable_times": comparable}
    jobs = [{"overrides": [], "command": "python -m optbench import runs.csv --name made"}] * 6

    def changed(runs, curves):
        runs, curves = change(runs, curves)
        seconds = np.where(runs["optimizer"] == "sgd", 80.0, 120.0)
        return runs.assign(origin="csv:1", fingerprint=None, train_s=seconds, state_bytes=None), curves

    return made(changed, {"imports": [origin], "jobs": jobs}, timed=False, **values)


CASES = {
    "a clear winner": lambda: made(better("adam"), seeds=10),
    "a winner of some": lambda: made(beside({"rmsprop": 9.0}), seeds=10, optimizers=("sgd", "adam", "rmsprop")),
    "a winner of many": lambda: made(better("adam"), seeds=10, optimizers=FOUR),
    "a tie": lambda: made(losses(noisy), seeds=10),
    "a tie with a cheaper rule": lambda: made(losses(lambda run: noisy(run, "sgd")), seeds=10),
    "a noisy tie": lambda: with_timings(CASES["a tie"](), CASES["a tie"]().result.timings.assign(low=1e-5, high=9e-5)),
    "equal results": lambda: made(losses(lambda run: 1.0 + 0.01 * run.seed)),
    "an equal second": lambda: made(
        losses(lambda run: 1.0 + 0.01 * run.seed + (run.optimizer == "sgd")), optimizers=("sgd", "adam", "adamw")
    ),
    "another winner by accuracy": lambda: made(
        both(better("adam"), accuracy(lambda r: 0.9 + 0.05 * (r.optimizer == "sgd"))), seeds=10
    ),
    "all diverged": lambda: made(rates=(10.0,)),
    "no runs": lambda: made(lambda runs, curves: (runs.assign(status="failed"), curves)),
    "one optimizer": lambda: made(better("adam"), optimizers=("adam",)),
    "one seed": lambda: made(better("adam"), seeds=1),
    "too few seeds": lambda: made(better("adam"), seeds=5, optimizers=FOUR),
    "problems agree": lambda: made(better("adam"), seeds=10, problems=BOTH),
    "problems disagree": lambda: made(
        winner_of(dict(zip(BOTH, ("adam", "sgd"), strict=True))), seeds=10, problems=BOTH
    ),
    "many problems disagree": lambda: made(
        winner_of(dict(zip(SIX, ("adam", "sgd", "adam", "adam", "sgd", "adam"), strict=True))), seeds=10, problems=SIX
    ),
    "problems without a difference": lambda: made(losses(noisy), seeds=10, problems=BOTH),
    "one optimizer on two problems": lambda: made(better("adam"), optimizers=("adam",), problems=BOTH),
    "a problem on which all diverged": lambda: made(
        diverge(lambda run: run["problem"] == "iris_mlp"), seeds=10, problems=BOTH
    ),
    "some runs of the winner diverged": lambda: made(
        diverge(lambda run: run["optimizer"] == "adam" and run["seed"] < 2), seeds=10
    ),
    "splits agree": lambda: made(better("adam"), seeds=4, problems=SPLITS),
    "splits disagree": lambda: made(
        winner_of(dict(zip(SPLITS, ("adam", "adam", "sgd"), strict=True))), seeds=4, problems=SPLITS
    ),
    "one seed on each of three splits": lambda: made(better("adam"), seeds=1, problems=SPLITS),
    "tuned": lambda: tuned(RATES, 0.1, rated, seeds=9),
    "tuned at the border": lambda: tuned(RATES, 1.0, falling, seeds=9),
    "swept": lambda: made(rated, rates=RATES),
    "decided by accuracy": lambda: made(
        accuracy(lambda r: 0.9 + 0.05 * (r.optimizer == "sgd") - 0.001 * r.seed),
        {"decide_by": "test.accuracy"},
        seeds=10,
    ),
    "no validation split": lambda: made(without_validation, seeds=10),
    "noisy": lambda: timed(low=1e-5, high=9e-5),
    "as fast": lambda: timed(step_s=2e-5, low=1.99e-5, high=2.01e-5),
    "not timed": lambda: made(better("adam"), seeds=10, timed=False),
    "switched off": lambda: made(
        better("adam"),
        {"jobs": [{"overrides": ["optimizer.learning_rate=0.01", "timing=false"]}] * 2},
        seeds=10,
        timed=False,
    ),
    "defaults": lambda: made(better("adam"), UNTUNED, seeds=10),
    "defaults tie": lambda: made(losses(noisy), UNTUNED, seeds=10),
    "small": lambda: made(losses(small), seeds=10),
    "runs from elsewhere that nothing pairs": lambda: elsewhere(better("adam", 0.05), seeds=10),
    "runs from elsewhere without a difference": lambda: elsewhere(losses(noisy), seeds=10),
    "too few runs from elsewhere": lambda: elsewhere(better("adam"), seeds=3),
    "paired runs from elsewhere": lambda: elsewhere(better("adam"), paired=True, seeds=10),
    "wall times that may be compared": lambda: elsewhere(better("adam"), comparable=True, seeds=10),
    "one optimizer from elsewhere": lambda: elsewhere(better("adam"), optimizers=("adam",)),
    "problems from elsewhere": lambda: elsewhere(
        winner_of(dict(zip(BOTH, ("adam", "sgd"), strict=True))), seeds=10, problems=BOTH
    ),
}

GOLDEN = Path(__file__).parent / "golden" / "answers.md"


def golden_answers():
    """The paragraphs of each answer, by the name of its case."""
    cases = GOLDEN.read_text(encoding="utf8").split("## ")[1:]
    return {name: text.split("\n\n") for name, _, text in (case.strip().partition("\n\n") for case in cases)}


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_golden_one(name):
    found = verdict(CASES[name]())
    assert found.paragraphs == golden_answers()[name]
    assert found.command.startswith("python -m optbench ")
    assert not found.advice.endswith(":")


def test_every_golden_answer_has_a_case():
    assert list(golden_answers()) == list(CASES)
    assert len(CASES) >= 20


@pytest.mark.parametrize(
    ("name", "trained"), [("a tie", "sgd"), ("a tie with a cheaper rule", "sgd"), ("a noisy tie", "sgd")]
)
def test_the_command_trains_what_the_next_step_chooses(name, trained):
    found = verdict(CASES[name]())
    assert found.advice.startswith(f"To train {trained} ")
    assert f"optimizer={trained} " in found.command
    assert ("choose by cost" in found.next_step) == (name != "a noisy tie")


@pytest.mark.parametrize(
    ("optimizers", "rate", "default"),
    [
        (("adam", "rmsprop"), 0.001, True),
        (("adam", "rmsprop"), 0.002, False),
        (("adam", "my_rule"), 0.001, False),  # nobody knows the default of a function
    ],
)
def test_rates_of_a_study_without_overrides_are_compared_with_the_yaml_files(optimizers, rate, default):
    jobs = {"jobs": [{"overrides": []}] * 2}
    lead = verdict(made(changed=jobs, optimizers=optimizers, rates=(rate,))).lead
    assert lead.startswith("At default learning rates") == default


def test_durations_are_rounded():
    assert [round_duration(s) for s in (0.2, 7.4, 43, 57, 1900, 7200)] == [
        "1 s",
        "7 s",
        "40 s",
        "1 min",
        "30 min",
        "2 h",
    ]
