"""Pool problems that differ only in the split of their data: one problem, whose runs have a ``split_seed``.

StudyResult ──> find_pools ──> pool_splits ──> StudyResult with one label for the problems of each pool
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from optbench.results.loading import parse_config
from optbench.spec.splits import SPLIT_SEED, pool_key, split_seed
from optbench.spec.study_file import ProblemEntry, StudyFile
from optbench.spec.study_result import StudyResult

WORDS = re.compile(r" dataset\.split_seed=\d+")  # the value that distinguishes the labels of the problems of a pool
BUDGET = ["steps", "epochs"]


class Pool(NamedTuple):
    """Problems of a study that differ only in the split seed."""

    label: str  # label of the pooled problem
    seeds: Mapping[str, int]  # split seed of each problem by its label, in the order of the study
    reason: str = ""  # why they are not pooled; empty if they are


def find_pools(result: StudyResult) -> list[Pool]:
    """Return the pools of a study. Those that cannot be pooled have a reason."""
    runs = pd.concat([result.runs, result.trials])
    groups: dict[str, dict[str, int]] = {}
    for _, row in runs.drop_duplicates("problem").iterrows():
        problem, _ = parse_config(row)
        seed = split_seed(problem.dataset)
        if seed is not None:
            groups.setdefault(pool_key(problem), {})[str(row["problem"])] = seed
    pools = [make_pool(seeds, runs, result.file) for seeds in groups.values() if len(seeds) > 1]
    return [pool for pool in pools if pool is not None]


def make_pool(seeds: Mapping[str, int], runs: pd.DataFrame, study: StudyFile) -> Pool | None:
    """Return the pool of some problems, or None if more than their split seeds distinguishes them."""
    labels = {WORDS.sub("", label) for label in seeds}
    if len(labels) > 1 or len(set(seeds.values())) < len(seeds):  # such as two versions of one file
        return None
    (label,) = labels
    if all(study.problem(each).drawn == () for each in seeds):
        return Pool(label, seeds, "the data determine the splits, so dataset.split_seed has no effect on them")
    if len(runs.loc[runs["problem"].isin(seeds), BUDGET].drop_duplicates()) > 1:
        return Pool(label, seeds, "the splits have different sizes, so their runs have different numbers of steps")
    return Pool(label, seeds)


def pool_splits(result: StudyResult, pools: Sequence[Pool]) -> StudyResult:
    """Return a study in which the problems of each pool have one label, and each run the seed of its split.

    If each split has its own tuned setting, these settings also have one label.

    Args:
        result: the result of a study.
        pools: from :func:`find_pools`. Those with a reason are left out.
    """
    pooled = [pool for pool in pools if not pool.reason]
    if not pooled:
        return result
    names = {label: pool.label for pool in pooled for label in pool.seeds}
    seeds = {label: seed for pool in pooled for label, seed in pool.seeds.items()}
    runs, trials = (relabel_problems(table, names, seeds) for table in (result.runs, result.trials))
    labels = common_labels(result, names)
    keys = zip(result.runs["problem"], result.runs["setting"], strict=True)
    runs = runs.assign(setting=[labels.get(key, key[1]) for key in keys])
    return replace(result, file=pool_file(result.file, pooled), runs=runs, trials=trials)


def relabel_problems(runs: pd.DataFrame, names: Mapping[str, str], seeds: Mapping[str, int]) -> pd.DataFrame:
    """Return runs with the label of their pool, and a column ``split_seed``: 0 for problems that are not pooled.

    Args:
        runs: the runs of a study.
        names: the labels of pools by the labels of their problems.
        seeds: the split seeds by the labels of problems.
    """
    problems = runs["problem"]
    return runs.assign(
        problem=problems.map(names).fillna(problems), split_seed=problems.map(seeds).fillna(0).astype(int)
    )


def common_labels(result: StudyResult, names: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return the label of each setting of a pool without values that tuning chose, by its problem and its old label.

    A label is kept if two settings of one problem would otherwise have the same label.

    Args:
        result: the result of a study.
        names: the labels of pools by the labels of their problems.
    """
    tunings = [job.tuning for job in result.file.jobs]
    parameters = [() if tuning is None else tuning.parameters for tuning in tunings]
    table = result.runs[result.runs["problem"].isin(names)].drop_duplicates(["problem", "setting"])
    short = [without_values(row.setting, parameters[row.job]) for row in table.itertuples()]
    table = table.assign(short=short, pool=table["problem"].map(names))
    twice = table[table.duplicated(["problem", "short"], keep=False)]
    clashing = set(zip(twice["pool"], twice["short"], strict=True))
    rows = [row for row in table.itertuples() if (row.pool, row.short) not in clashing]
    return {(row.problem, row.setting): row.short for row in rows}


def without_values(label: str, parameters: Sequence[str]) -> str:
    """Return the label of a setting without the values of some hyperparameters."""
    for name in parameters:
        label = re.sub(rf" {re.escape(name)}=\S+", "", label)
    return label


def pool_file(study: StudyFile, pools: Sequence[Pool]) -> StudyFile:
    """Return a study file with one entry for the problems of each pool, at the position of the first."""
    entries: dict[str, list[ProblemEntry]] = {}
    names = {label: pool for pool in pools for label in pool.seeds}
    for entry in study.problems:
        entries.setdefault(names[entry.label].label if entry.label in names else entry.label, []).append(entry)
    seeds = {pool.label: list(pool.seeds.values()) for pool in pools}
    problems = [join_entries(label, of_pool, seeds.get(label, [])) for label, of_pool in entries.items()]
    return replace(study, problems=tuple(problems))


def join_entries(label: str, entries: Sequence[ProblemEntry], seeds: Sequence[int]) -> ProblemEntry:
    """Return one entry for the problems of a pool: common values, and the first description of the split."""
    first = entries[0]
    if len(seeds) < 2:
        return first
    splits = {"Splits": f"{len(seeds)}, drawn with {SPLIT_SEED} {', '.join(map(str, seeds))}, pooled"}
    shares = {name: float(np.mean([entry.majority.get(name, 0.0) for entry in entries])) for name in first.majority}
    return replace(
        first,
        label=label,
        description={**first.description, **splits},
        published=tuple(dict.fromkeys(value for entry in entries for value in entry.published)),
        references=tuple(value for value in first.references if all(value in entry.references for entry in entries)),
        majority=shares,
    )
