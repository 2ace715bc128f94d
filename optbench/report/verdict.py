"""The verdict: three sentences of plain words, made from the statistics and never stronger than they are.

who was ahead, and what of it chance does not explain
what it costs, or what went wrong
the command that repeats what one would take
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from optbench.analysis import paired, present, profiles
from optbench.analysis.tables import choosing_split
from optbench.report.across import costs_of
from optbench.report.commands import commands
from optbench.report.scope import Data

NO_RUN = [
    "No run of this study has ended, so there is nothing to compare.",
    "What failed or was interrupted is named below, with its reason.",
]
ALL_DIVERGED = [
    "Every run diverged, so no optimizer can be recommended.",
    "Smaller learning rates are the first thing to try, or let tuning look for them with tune=random.",
]


NOT_SHOWN = "No difference is shown; the best by mean rank, with its setting"


class Lead(NamedTuple):
    """Who was ahead on a problem, and of whom chance does not explain it."""

    problem: str
    winner: str
    median: float  # final loss
    seeds: int
    behind: list[str]  # told apart from the winner
    close: list[str]  # not told apart
    needed: int  # seeds that it would take to tell any apart; 0 where there are enough


def verdict(data: Data) -> list[str]:
    """The three sentences; the last ends with a command line."""
    costs = costs_of(data)
    if costs.empty:
        return [*NO_RUN, f"The same command trains what is missing: {data.study['command']}"]
    finite = costs[np.isfinite(costs).any(axis=1)]
    if finite.empty:
        return [*ALL_DIVERGED, f"The study was made by: {data.study['command']}"]
    leads = [lead_on(data, str(problem), row.dropna()) for problem, row in finite.iterrows()]
    taken = recommended(finite, leads)
    return [who_was_ahead(leads, costs), what_it_costs(data, taken, leads), command_of(data, taken, leads)]


def lead_on(data: Data, problem: str, costs: pd.Series) -> Lead:
    """The lead on one problem; the data chose the winner, so its pairs are corrected as all pairs."""
    winner = str(costs.idxmin())
    values = data.judged[data.judged["problem"] == problem]
    pairs = paired.paired(values, winner, every_pair=True)
    worse = (pairs["mark"] == "worse").to_numpy()
    seeds = int((values["contender"] == winner).sum())
    needed = int(pairs["seeds_needed"].max()) if len(pairs) else 0
    return Lead(
        problem, winner, float(costs[winner]), seeds, list(pairs["contender"][worse]), list(pairs["contender"][~worse]),
        needed if len(pairs) and pairs["pairs"].max() < needed else 0,
    )  # fmt: skip


def recommended(costs: pd.DataFrame, leads: Sequence[Lead]) -> str:
    """The contender with the best mean rank over problems; on one problem the winner."""
    if len(leads) == 1:
        return leads[0].winner
    means = profiles.ranks(costs).mean()
    return str(means.idxmin()) if means.notna().any() else leads[0].winner


def who_was_ahead(leads: Sequence[Lead], costs: pd.DataFrame) -> str:
    """The first sentence."""
    if len(leads) == 1:
        return on_one_problem(leads[0], alone=costs.shape[1] == 1)
    if costs.shape[1] == 1:
        return f"Only {leads[0].winner} was run, on {len(leads)} problems, so nothing is compared."
    wins = pd.Series([lead.winner for lead in leads]).value_counts(sort=False)
    told = ", ".join(f"{name} on {count} of {len(costs)}" for name, count in wins.items())
    clear = [lead for lead in leads if not lead.close]
    sure = "on none of them" if not clear else f"on {present.listed([lead.problem for lead in clear])}"
    if len(wins) == 1:
        everywhere = "both problems" if len(costs) == 2 else f"all {len(costs)} problems"
        ahead = f"{leads[0].winner} ended with the lowest loss on {everywhere}"
        return f"{ahead}; its lead over every other is more than chance {sure}."
    ahead = f"No optimizer is ahead everywhere: the lowest loss is that of {told} problems"
    return f"{ahead}; a lead over every other is more than chance {sure}."


def on_one_problem(lead: Lead, alone: bool) -> str:
    """The first sentence where there is one problem."""
    seeds = present.counted(lead.seeds, "seed")
    ended = f"{lead.winner} ended {lead.problem} with a loss of {present.number(lead.median)} in the median of {seeds}"
    if alone:
        return f"Only {lead.winner} was run, so nothing is compared: {ended}."
    lowest = ended.replace("a loss of", "the lowest loss,")
    if lead.needed:
        return f"{lowest}, but {seeds} cannot tell {lead.winner} from any other: it takes {lead.needed}."
    if not lead.close:
        return f"{lowest}, and chance does not explain its lead over {present.listed(lead.behind)}."
    if not lead.behind:
        return f"{lowest}, but its lead may be chance: it is told apart from none of {present.listed(lead.close)}."
    behind, close = present.listed(lead.behind), present.listed(lead.close)
    return f"{lowest}; that is more than chance against {behind}, but not against {close}."


def what_it_costs(data: Data, taken: str, leads: Sequence[Lead]) -> str:
    """The second sentence: what diverged, where the setting was picked on the same seeds, the time of a step."""
    said = []
    lost_on = [problem for problem in data.problems if problem not in {lead.problem for lead in leads}]
    runs = data.judged[data.judged["contender"] == taken]
    lost = int(runs["diverged"].sum())
    if lost:
        said.append(f"{lost} of the {len(runs)} runs of {taken} diverged")
    chosen = data.contenders[data.contenders["contender"] == taken]
    if (chosen["of"] > 1).any():
        said.append(f"its setting was picked from {chosen['of'].max()} on these same seeds, which flatters it")
    if lost_on:
        said.append(f"on {present.listed(lost_on)} no setting had a finite loss in most of its runs")
    said.append(time_of(data, taken, leads))
    sentence = "; ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}."


def time_of(data: Data, taken: str, leads: Sequence[Lead]) -> str:
    """What a step costs beside the shortest, where their intervals lie apart."""
    problem = next((lead for lead in leads if lead.winner == taken), leads[0]).problem
    chosen = data.contenders[data.contenders["problem"] == problem].set_index("setting")["contender"]
    times = data.step_times[data.step_times["problem"] == problem].set_index("setting")
    known = times[times.index.isin(chosen.index)].rename(index=chosen)
    if taken not in known.index:
        return "the time of a step was not measured"
    own, cheapest = known.loc[taken], str(known["step_s"].idxmin())
    if len(known) == 1:
        return f"a step of {taken} takes {present.seconds(own['step_s'])} alone on the machine"
    if own["low"] <= known.loc[cheapest, "high"]:
        return f"no step of another is shown to take less time than one of {taken}"
    ratio = present.number(own["step_s"] / known.loc[cheapest, "step_s"], 2)
    return f"a step of {taken} takes {ratio} times as long as one of {cheapest}, the shortest"


def command_of(data: Data, taken: str, leads: Sequence[Lead]) -> str:
    """The third sentence, which ends with the command line of what one would take."""
    place = data.contenders[data.contenders["contender"] == taken]
    on = next((lead.problem for lead in leads if lead.winner == taken), place["problem"].iloc[0])
    setting = place.loc[place["problem"] == on, "setting"].iloc[0]
    runs = data.runs[(data.runs["problem"] == on) & (data.runs["setting"] == setting)]
    command = commands(data.study)[int(runs["job"].iloc[0])]
    where = f" on {on}" if len(leads) > 1 else ""
    shown_on = choosing_split(data.summary.loc[data.summary["problem"] == on, "split"])
    caution = "" if shown_on == "valid" else f" (chosen on {shown_on}: there is no validation split)"
    return f"{how_sure(taken, leads, len(data.contenders['contender'].unique()) == 1)}{where}{caution}: {command}"


def how_sure(taken: str, leads: Sequence[Lead], alone: bool) -> str:
    """What the command is to be taken for: more than the lowest loss only where chance does not explain a lead."""
    if alone:
        return "What was run"
    shown = [lead for lead in leads if lead.winner == taken and lead.behind]
    if not shown:
        return "No difference is shown; the one with the lowest loss" if len(leads) == 1 else NOT_SHOWN
    if not shown[0].close:
        return "What the data speak for"
    others = f"{len(shown[0].behind)} of {len(shown[0].behind) + len(shown[0].close)} others"
    return f"{taken} is told apart from {others}{'' if len(leads) == 1 else f' on {shown[0].problem}'}; its setting"
