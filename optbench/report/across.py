"""The overview over problems: who ranks where, who is fast on how many, and what of it can be told from chance."""

from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis import present, profiles
from optbench.analysis.contenders import of_contenders
from optbench.analysis.statistics import LEAST_VALUES, interquartile_mean
from optbench.random.streams import stream
from optbench.report.blocks import Cell, Drawing, Key, Part, Row, Section, Table, View
from optbench.report.colors import LIGHT
from optbench.report.figures.bands import stairs
from optbench.report.figures.ranking import critical_difference, heat_map
from optbench.report.scope import Data

RANKS = (
    "Contenders by their median final loss on the split that chooses, 1 the best. Ranks say who was ahead, not by how "
    "much, nor whether the difference could be chance."
)
PROFILE = (
    "The share of problems on which a contender's median {unit} to the target are at most so many times those of the "
    "fastest there. The score is the area under the line from 1 to 4, divided by 3. A profile changes when a contender "
    "joins, because the fastest may be another."
)
APART = (
    "Friedman's test over {problems} problems: p = {p:.3f}. Mean ranks that differ by less than {cd:.2f} (Nemenyi, "
    "95 %) are joined: they cannot be told apart."
)
MIDDLE = (
    "The mean of the middle half of all final accuracies on {split}, problems and seeds together, with a 95 % interval "
    "of a bootstrap over the seeds of each problem; a run that diverged counts as 0. On: {problems}."
)
TOO_FEW = "No test over ranks: it takes 3 contenders and 5 problems."


def across(data: Data) -> Section | None:
    """The section; None where there are fewer than two problems or contenders."""
    costs = costs_of(data)
    ranked = profiles.ranks(costs) if len(costs) else costs
    if ranked.shape[0] < 2 or ranked.shape[1] < 2:
        return None
    parts = [ranks_part(data, ranked), *filter(None, [accuracy_part(data), profile_part(data)])]
    return Section("All problems", "across", {}, parts)


def costs_of(data: Data) -> pd.DataFrame:
    """The median final loss of each contender, a row a problem; infinite where it diverged."""
    medians = data.judged.groupby(["problem", "contender"], sort=False)["value"].median()
    return medians.unstack("contender") if len(medians) else pd.DataFrame()


def ranks_part(data: Data, ranked: pd.DataFrame) -> Part:
    """The heat map, and the diagram where a test can be made."""
    means = ranked.mean().sort_values(kind="stable")
    by_contender = ranked[list(means.index)].T
    numbered = ", ".join(f"{i} {problem}" for i, problem in enumerate(ranked.index, 1))
    words = ", ".join(f"{name} {rank:.2f}" for name, rank in means.items())
    drawings = [
        Drawing("across-ranks", "rank on each problem", f"A row a contender. Columns: {numbered}.",
                f"mean rank: {words}.", by_contender.reset_index(names="contender"), partial(heat_map, by_contender)),
    ]  # fmt: skip
    test = profiles.friedman(ranked)
    note = f"{RANKS} {TOO_FEW}"
    if test is not None and np.isfinite(test.critical_difference):
        note = f"{RANKS} {APART.format(problems=test.problems, p=test.p_value, cd=test.critical_difference)}"
        groups = profiles.alike(means, test.critical_difference)
        how = "Dot: mean rank. A bracket joins those whose mean ranks are too close to be told apart."
        table = means.rename_axis("contender").rename("mean_rank").reset_index()
        draw = partial(critical_difference, means, groups, colors(data, means.index))
        drawings.append(Drawing("across-critical-difference", "mean ranks", how, f"{words}.", table, draw))
    best = (ranked == 1).sum()
    rows = [Row(str(name), [Cell(f"{rank:.2f}"), Cell(str(int(best[name])))]) for name, rank in means.items()]
    return Part("Ranks", note, [Table("Ranks over problems", ["contender", "mean rank", "best on"], rows)],
                views=[View("", drawings)])  # fmt: skip


def accuracy_part(data: Data) -> Part | None:
    """The interquartile mean of accuracy; None unless two problems have one, and each contender 20 values of it."""
    table = accuracies(data)
    if table["problem"].nunique() < 2 or table.groupby("contender").size().min() < LEAST_VALUES:
        return None
    rows = []
    for name, group in table.groupby("contender", sort=False):
        strata = [values.to_numpy() for _, values in group.groupby("problem", sort=False)["value"]]
        mean = interquartile_mean(strata, stream("interquartile mean"))  # the same draws for all
        interval = f"{present.percent(mean.low)} to {present.percent(mean.high)}"
        rows.append(Row(str(name), [Cell(present.percent(mean.value), interval)]))
    problems = ", ".join(dict.fromkeys(table["problem"]))
    note = MIDDLE.format(split=" or ".join(dict.fromkeys(table["split"])), problems=problems)
    return Part("Accuracy", note, [Table("Accuracy over problems", ["contender", "interquartile mean, %"], rows)])


def accuracies(data: Data) -> pd.DataFrame:
    """The final accuracies of contenders on the split that chooses, of problems on which every contender has some."""
    judged = of_contenders(data.final[data.final["metric"] == "accuracy"], data.contenders)
    chosen_on = data.judged.drop_duplicates("problem").set_index("problem")["split"]
    table = judged[(judged["split"] == judged["problem"].map(chosen_on)) & judged["value"].notna()]
    there = table.groupby("problem")["contender"].nunique()
    return table[table["problem"].isin(there.index[there == data.contenders["contender"].nunique()])]


def profile_part(data: Data) -> Part | None:
    """The performance profile; None unless two problems have targets that somebody reached."""
    times = data.times_to_target
    if times.empty:
        return None
    unit = "seconds" if times["seconds"].notna().all() else "steps"
    medians = times.groupby(["problem", "contender"], sort=False)[unit].median().unstack("contender")
    if len(medians) < 2 or medians.shape[1] < 2 or not np.isfinite(medians.to_numpy()).any():
        return None
    table, scores = profiles.profile(medians), profiles.scores(medians).sort_values(ascending=False, kind="stable")
    best = scores.index[: len(LIGHT)]
    table, shades = table[table["contender"].isin(best)], colors(data, best)
    words = ", ".join(f"{name} {score:.2f}" for name, score in scores[best].items())
    drawn = table.rename(columns={"contender": "name", "tau": "x"})
    draw = partial(stairs, drawn, f"{unit} to target / those of the fastest", shades)
    how = "Higher is better: at 1 the share of problems on which a contender is the fastest."
    how += f" Of {len(scores)} contenders the {len(best)} with the highest scores." if len(best) < len(scores) else ""
    rows = [Row(str(name), [Cell(f"{score:.2f}")]) for name, score in scores.items()]
    return Part(
        "Performance profile",
        note=PROFILE.format(unit=unit),
        tables=[Table("Scores", ["contender", "score"], rows)],
        legend=[Key(shades[name], name) for name in best],
        views=[View("", [Drawing("across-profile", "performance profile", how, f"score: {words}.", table, draw)])],
    )


def colors(data: Data, shown: Iterable[str]) -> dict[str, str]:
    """A colour of the palette for each contender that a figure shows."""
    optimizers = data.contenders.drop_duplicates("contender").set_index("contender")["optimizer"]
    shades = data.shades_of([optimizers[name] for name in shown])
    return {name: shades[optimizers[name]] for name in shown}
