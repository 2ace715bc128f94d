"""Synthetic results of a study: curves from a formula, in the files that a study writes.

The loss of a rule decreases exponentially at a speed that depends on its learning rate, with a little noise per seed. A
learning rate that is too large diverges. The results depend only on the arguments.
"""

import json
from typing import NamedTuple

import numpy as np
import pandas as pd

from optbench.config.parameters import format_value
from optbench.random.streams import stream
from optbench.results.store import Store
from optbench.results.study_json import from_json
from optbench.spec.labels import FEWEST_DIGITS
from optbench.spec.run import canonical, digest

METRICS = [(split, metric) for metric in ("loss", "accuracy") for split in ("train", "valid", "test")]
MORE_METRICS = [("train", "regularized_loss"), ("test", "top5_accuracy")]
OF_SPLIT = " dataset.split_seed="  # in the label of a problem that is one of several splits
VERSIONS = json.dumps({"optbench": "0.1.0", "python": "3.11.7", "tensorflow": "2.21.0"}, sort_keys=True)
STARTED = "2026-01-01T12:00:00+00:00"


class Made(NamedTuple):
    """The parameters of a made-up study."""

    name: str = "made"
    problems: tuple[str, ...] = ("digits_mlp",)
    optimizers: tuple[str, ...] = ("sgd", "adam", "rmsprop")
    rates: tuple[float, ...] = (0.01,)
    seeds: int = 8
    points: int = 21
    metrics: tuple[tuple[str, str], ...] = tuple(METRICS)
    steps: int = 660
    epochs: int = 20
    timed: bool = True
    diverging: float = 1.0  # learning rates above this value diverge
    extra: dict | None = None  # further keys of the study file


def write(folder, made=Made()):  # noqa: B008 - a tuple
    """Write a study to the results folder ``folder`` and return its study file."""
    store = Store(folder)
    store.prepare()
    settings = [(optimizer, rate) for optimizer in made.optimizers for rate in made.rates]
    jobs = [(problem, *setting) for problem in made.problems for setting in settings]
    runs = pd.DataFrame([run(made, *job, seed) for job in jobs for seed in range(made.seeds)])
    store.write_shard(runs, pd.concat([curves(made, runs, number) for number in range(len(jobs))], ignore_index=True))
    if made.timed:
        store.write_timings(timings(runs))
    file = from_json(study(made, jobs, runs))
    store.write_study(made.name, file)
    return file


def label(made, optimizer, rate):
    """Return the label of a setting, as :mod:`optbench.spec.labels` does."""
    return optimizer if len(made.rates) == 1 else f"{optimizer} learning_rate={rate:.{FEWEST_DIGITS}g}"


def run(made, problem, optimizer, rate, seed):
    """Return a row of ``runs``."""
    stem, _, split_seed = problem.partition(OF_SPLIT)
    dataset, _, model = stem.partition("_")
    split = {"_target_": "optbench.datasets.splits.HoldoutSplit", "split_seed": int(split_seed or 0)}
    config = {
        "dataset": {"_target_": f"optbench.datasets.{dataset}.{dataset}", **({"split": split} if split_seed else {})},
        "model": {"_target_": f"optbench.models.{model}.{model}"},
        "loss": {"_target_": "optbench.losses.cross_entropy.cross_entropy"},
        "regularizer": {"_target_": "optbench.regularizers.none"},
        "batch_size": 32, "order": "reshuffle", "precision": "float32",
        "budget": {"epochs": made.epochs, "steps": None, "points": made.points},
        "optimizer": {"_target_": f"optbench.optimizers.{optimizer}.{optimizer}", "learning_rate": rate},
        "schedule": {"_target_": "optbench.schedules.constant"},
        "seed": seed,
    }  # fmt: skip
    diverged = rate > made.diverging
    return {
        "run_id": digest(made.steps, problem, optimizer, rate, seed),
        "problem_id": digest(made.steps, problem), "setting_id": digest(optimizer, rate),
        "optimizer": optimizer, "schedule": "constant", "dataset": dataset, "model": model, "loss": "cross_entropy",
        "regularizer": "none", "seed": seed, "status": "diverged" if diverged else "done",
        "status_detail": "The loss was not finite." if diverged else "Trained to the end of its budget.",
        "diverged_at_step": 10 + seed if diverged else None, "epochs": float(made.epochs), "steps": made.steps,
        "batch_size": 32, "parameters": 4810, "initial_loss": 2.5, "fingerprint": digest("start", problem, seed),
        "lanes": 8, "threads": 2, "compile_mode": "xla", "shared_by": 8, "compile_s": 1.5, "train_s": 0.25,
        "eval_s": 0.1, "state_bytes": 4 if optimizer == "sgd" else 4 + 2 * 4 * 4810, "started_at": STARTED,
        "host": "made-up", "device": "a made-up machine, 2 cores",
        "versions": VERSIONS, "code": digest(optimizer), "config": canonical(config),
    }  # fmt: skip


def curves(made, runs, job):
    """Return the curves of the seeds of one job, in the order in which they are stored."""
    rows = runs.iloc[job * made.seeds : (job + 1) * made.seeds]
    first = rows.iloc[0]
    rate = json.loads(first["config"])["optimizer"]["learning_rate"]
    steps = np.unique(np.linspace(0, made.steps, made.points).round().astype(int))
    ability = stream("made-up", first["optimizer"]).uniform(0.7, 1.3) - 0.15 * abs(np.log10(rate) + 2)
    speed = 6 * max(ability, 0.05)
    noise = stream("made-up", first["problem_id"], first["setting_id"]).normal(size=(len(rows), 2))
    share = 1 - np.exp(-speed * steps / made.steps * (1 + 0.1 * noise[:, :1]))  # progress in [0, 1], (seeds, points)
    gap = {"train": 0.9, "valid": 1.0, "test": 1.02}
    end = 0.25 + 0.02 * noise[:, 1:]
    parts = []
    for split, metric in made.metrics:
        loss = 2.5 - (2.5 - end * gap[split]) * share
        value = loss if metric.endswith("loss") else 1 - loss / 2.8
        parts.append(np.broadcast_to(value, (len(rows), len(steps))))
    values = np.stack(parts, axis=-1)  # (seeds, points, metrics)
    shape = values.shape
    table = pd.DataFrame(
        {
            "run_id": np.repeat(rows["run_id"].to_numpy(), shape[1] * shape[2]),
            "step": np.tile(np.repeat(steps, shape[2]), shape[0]),
            "epoch": np.tile(np.repeat(steps * made.epochs / made.steps, shape[2]), shape[0]),
            "split": np.tile([split for split, _ in made.metrics], shape[0] * shape[1]),
            "metric": np.tile([metric for _, metric in made.metrics], shape[0] * shape[1]),
            "value": values.ravel(),
        }
    )
    return table[table["step"] < 10] if first["status"] == "diverged" else table


def timings(runs):
    """Return a step time for each problem and setting. That of sgd is 20 µs."""
    rows = []
    for row in runs.drop_duplicates(["problem_id", "setting_id"]).itertuples():
        ratio = 1.0 if row.optimizer == "sgd" else stream("made-up", row.optimizer).uniform(1.1, 1.6)
        rows.append(
            {
                "problem_id": row.problem_id, "setting_id": row.setting_id, "host": row.host, "device": row.device,
                "versions": VERSIONS, "measured_at": STARTED, "step_s": 2e-5 * ratio, "low": 1.95e-5 * ratio,
                "high": 2.07e-5 * ratio, "ratio_to_sgd": ratio, "rounds": 20, "ratio_low": ratio * 0.99,
                "ratio_high": ratio * 1.01, "compile_mode": "xla", "moved": True,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def study(made, jobs, runs):
    """Return the study file as it is on disk."""
    return {
        "name": made.name,
        "command": f"python -m optbench -m optimizer={','.join(made.optimizers)} name={made.name}",
        "started": STARTED, "wall_s": 12.0, "trained": len(runs), "host": "made-up",
        "device": "a made-up machine, 2 cores", "versions": VERSIONS,
        "settings": {
            label(made, *setting): {"learning_rate": format_value(setting[1]), "schedule": "constant"}
            for setting in dict.fromkeys((optimizer, rate) for _, optimizer, rate in jobs)
        },
        "problems": {
            problem: {"Data": "made up: train 1,000, valid 200, test 200 examples", "Budget": f"{made.steps} steps"}
            for problem in made.problems
        },
        "jobs": [
            {"overrides": [f"optimizer={optimizer}", f"optimizer.learning_rate={format_value(rate)}",
                           *f"dataset={problem.replace('_', ' model=', 1)}".split(" "),
                           f"seeds={made.seeds}", f"name={made.name}"]}
            for problem, optimizer, rate in jobs
        ],
        "runs": [
            {"run_id": row.run_id, "job": number // made.seeds, "role": "run",
             "problem": jobs[number // made.seeds][0],
             "setting": label(made, row.optimizer, json.loads(row.config)["optimizer"]["learning_rate"])}
            for number, row in enumerate(runs.itertuples())
        ],
        **(made.extra or {}),
    }  # fmt: skip
