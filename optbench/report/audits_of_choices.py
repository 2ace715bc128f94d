"""Audits of choices: how settings were tuned and chosen, on which split, and what another search would have found."""

from collections.abc import Iterator

import pandas as pd

from optbench.analysis import sensitivity
from optbench.report.findings import MOST_NAMES, Finding, name_or_count
from optbench.report.parts.tuning_curve import repeated_procedures, searches
from optbench.report.rates import values_by_rate
from optbench.report.scope import ReportData, Scope
from optbench.report.study_rates import learning_rate_choice
from optbench.spec.study_file import PARTS

SURE = 0.95  # share of repeated searches in which the winner wins


def check_untuned_rates(data: ReportData) -> Iterator[Finding]:
    """Report a comparison of optimizers at their default learning rates."""
    if data.runs["optimizer"].nunique() > 1 and learning_rate_choice(data) == "default":
        text = "No learning rate was tuned, so this compares default values and not optimizers."
        yield Finding("warning", "", text)  # the answer says what to do


def check_tuning_budgets(data: ReportData) -> Iterator[Finding]:
    """Report optimizers with different numbers of settings."""
    counts = sensitivity.tuning_budgets(pd.concat([data.runs, data.trials]))
    for problem, of_problem in counts.groupby(level="problem", sort=False):
        if of_problem.nunique() > 1:
            counts_of = [f"{optimizer} {count}" for (_, optimizer), count in of_problem.items()]
            few = len(counts_of) <= MOST_NAMES
            budgets = ", ".join(counts_of) if few else f"from {of_problem.min()} to {of_problem.max()}"
            text = f"Optimizers had different numbers of settings to choose from ({budgets}), and more is an advantage."
            yield Finding("warning", str(problem), text)


def check_parts_without_parameters(scope: Scope) -> Iterator[Finding]:
    """Report rules one of whose parts has no parameters, such as Muon in a network without hidden weights."""
    if PARTS in scope.entry.description:
        yield Finding("warning", scope.problem, scope.entry.description[PARTS])


def check_selection_seeds(scope: Scope) -> Iterator[Finding]:
    """Report settings that were selected on the seeds on which they are compared."""
    selected = scope.figure_contenders[scope.figure_contenders["of"] > 1]
    if len(selected):
        counts = ", ".join(f"{row.optimizer} from {row.of}" for row in selected.itertuples())
        text = f"Best settings were picked on the seeds on which they are compared ({counts})."
        remedy = "Let tune=grid choose on separate seeds."
        yield Finding("note", scope.problem, f"{text} Their values are optimistic.", remedy)


def check_selection_split(scope: Scope) -> Iterator[Finding]:
    """Report a problem without a validation split."""
    if scope.selection_split == "test":
        text = "There is no validation split, so settings are chosen on test."
        yield Finding("note", scope.problem, f"{text} The test values are optimistic.")


def check_deciding_split(scope: Scope) -> Iterator[Finding]:
    """Report settings that are compared on test although there is a validation split."""
    if scope.deciding_split == "test" and scope.selection_split != "test":
        text = f"Settings are chosen and compared by their {scope.decision}, as decide_by requests."
        yield Finding("note", scope.problem, f"{text} If several were tried, the test values are optimistic.")


def check_split_draw(scope: Scope) -> Iterator[Finding]:
    """Report a problem whose split was drawn at random only once, unless there is an official test split."""
    drawn = scope.entry.drawn or ()
    is_given = "test" not in drawn and (scope.summary["split"] == "test").any()  # an official test split
    if drawn and not is_given and not scope.split_seeds:
        text = "Another one could favor another optimizer."
        remedy = "Repeat the command with -m and dataset.split_seed=0,1,2: three splits, which the page pools."
        yield Finding("note", scope.problem, f"Only one random split was used. {text}", remedy)


def check_learning_rate_range(scope: Scope) -> Iterator[Finding]:
    """Report optimizers whose best learning rate is the smallest or largest of their range."""
    found = values_by_rate(scope)
    names = [] if found is None else sensitivity.optimizers_at_border(found[0], found[1], scope.data.declared)
    if found is not None and names:
        which = name_or_count(names, f"of {found.table['optimizer'].nunique()} optimizers", "see Learning rate")
        text = f"The best learning rate of {which} is the smallest or largest that was tried."
        remedy = "Widen the range of learning rates (tune.space, where it was tuned)."
        yield Finding("warning", scope.problem, text, remedy)


def check_search_luck(scope: Scope) -> Iterator[Finding]:
    """Report a winner that would often not win if the search for hyperparameters were repeated."""
    found = searches(scope)
    winner = next(iter(found), "")
    shares = repeated_procedures(scope, found).set_index("optimizer")["best_share"]
    if len(found) > 1 and winner == scope.ranked["optimizer"].iloc[0] and shares[winner] < SURE:
        share = f"{100 * shares[winner]:.0f} % of cases"
        text = f"If search and training were repeated, {winner} would have the best result in {share}"
        more = "p-values compare the settings that were chosen, not the searches."
        remedy = "Search with more trials (tune.trials)."
        yield Finding("note", scope.problem, f"{text} (a bootstrap over the trials): {more}", remedy)
