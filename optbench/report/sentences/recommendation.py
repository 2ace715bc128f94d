"""The recommendation, and how certain it is."""

from collections import Counter
from collections.abc import Sequence

from optbench.analysis.evidence import Rival
from optbench.analysis.formatting import join_names
from optbench.report.elsewhere import INDEPENDENT, PARTLY
from optbench.report.facts import ProblemFacts, StudyFacts
from optbench.report.sentences.words import (
    describe_measure,
    describe_median,
    describe_pairs,
    describe_runs,
    describe_winner,
    describe_wins_of,
    format_p,
)
from optbench.spec.splits import describe_split

NO_RUNS = "No run of this study has ended, so there is nothing to compare."
ALL_DIVERGED = "Every run diverged, so no optimizer can be recommended."
MOST_LISTED = 5  # maximum number of problems whose winners are listed


def recommendation(facts: StudyFacts) -> str:
    """State what to use, and how certain that is."""
    at = "At default learning rates, " if facts.choice == "default" else ""
    text = recommend_on_problems(facts) if len(facts.problems) > 1 else recommend_on_problem(facts)
    if at and not text.startswith("Only "):
        name, _, _ = text.partition(" ")
        text = at + (text if is_name(facts, name) else text[0].lower() + text[1:])
    return " ".join([text, *by_split(facts), *on_pairing(facts), *caution_on_test(facts), *other_metrics(facts)])


def on_pairing(facts: StudyFacts) -> list[str]:
    """Return a sentence on unpaired runs."""
    kinds = {problem.pairing for problem in facts.problems if problem.rivals}
    if kinds <= {"paired"}:
        return []
    return [INDEPENDENT if kinds == {"unpaired"} else PARTLY]


def is_name(facts: StudyFacts, word: str) -> bool:
    """Return whether a sentence starts with the name of a contender."""
    return any(
        name.partition(" ")[0] == word for p in facts.problems for name in (p.winner, *(r.name for r in p.rivals))
    )


def recommend_on_problem(facts: StudyFacts) -> str:
    """State what to use, in a study of one problem."""
    (problem,) = facts.problems
    measure, median = describe_measure(problem), describe_median(problem)
    if not problem.rivals:
        return f"Only {describe_winner(problem)} was run, so there is nothing to compare. Its {measure} is {median}."
    worse, open_, equal = split_rivals(problem.rivals)
    direction = "lower" if problem.is_lower_better else "higher"
    superlative = "lowest" if problem.is_lower_better else "highest"
    if not worse and not open_:
        names = join_names([problem.winner, *(rival.name for rival in equal)])
        noun = "seed" if problem.pairing == "paired" else "run"
        return f"{names} are equal on {problem.problem}: the {measure} is the same for each {noun} ({median})."
    if open_ and not worse:
        lead = f"{describe_winner(problem)} has the {superlative} {measure} ({median})"
        if is_underpowered(problem):
            noun = "seed" if problem.pairing == "paired" else "run"
            seeds = f"One {noun}" if problem.runs == 1 else describe_runs(problem.runs, problem.splits, noun)
            first = f"{seeds} cannot show which optimizer is best on {problem.problem}."
            return f"{first} So far {lead}, {describe_wins(open_)}."
        first = f"No optimizer is significantly best on {problem.problem}."
        return f"{first} {lead}, {describe_open(open_)}{also_equal(equal)}."
    evidence = f"Its {measure} ({median}) is {direction} than that of {describe_worse(worse, bool(open_ or equal))}"
    more = f", but {describe_open(open_)}" if open_ else ""
    return f"{describe_choice(facts, problem, equal)} on {problem.problem}. {evidence}{more}."


def describe_choice(facts: StudyFacts, problem: ProblemFacts, equal: Sequence[Rival]) -> str:
    """State what to use, with the contenders that have the same values."""
    same = f" (or {join_names(rival.name for rival in equal)}, which has the same values)" if equal else ""
    if facts.choice == "default":
        rate = "" if problem.rate is None else f" ({problem.rate:.3g})"
        return f"{problem.winner}{rate}{same} is best"
    return f"Use {describe_winner(problem)}{same}"


def split_rivals(rivals: Sequence[Rival]) -> tuple[list[Rival], list[Rival], list[Rival]]:
    """Split rivals into those that are significantly worse, those that are not, and those with equal values."""
    worse = [rival for rival in rivals if rival.is_worse]
    equal = [rival for rival in rivals if rival.is_equal]
    return worse, [rival for rival in rivals if not rival.is_worse and not rival.is_equal], equal


def is_underpowered(problem: ProblemFacts) -> bool:
    """Return whether no comparison can be significant, because there are too few seeds."""
    open_ = [rival for rival in problem.rivals if not rival.is_equal]
    clear = [rival for rival in open_ if rival.wins == rival.pairs]
    return bool(clear) and not any(rival.is_worse for rival in open_)


def describe_worse(worse: Sequence[Rival], is_partial: bool) -> str:
    """State from which contenders the winner differs, with the weakest evidence of all."""
    wins, p = min(rival.wins for rival in worse), max(rival.p_value for rival in worse)
    pairs = describe_pairs(min(rival.pairs for rival in worse), worse[0].splits, worse[0].is_paired)
    if len(worse) == 1:
        return f"{worse[0].name} {describe_wins_of(str(wins), pairs, worse[0].is_paired)} ({format_p(p)})"
    names = join_names(rival.name for rival in worse) if is_partial else f"all {len(worse)} others"
    bound = format_p(p).replace("=", "≤")
    least = "" if wins == min(rival.pairs for rival in worse) else "at least "
    everywhere = describe_wins_of(f"{least}{wins}", pairs, worse[0].is_paired)
    if len({rival.is_paired for rival in worse}) > 1:  # pairs of two kinds are not counted together
        return f"{names} ({bound})"
    return f"{names} {everywhere} ({bound})"


def describe_open(open_: Sequence[Rival]) -> str:
    """State from which contenders the winner does not differ significantly."""
    if len(open_) == 1:
        rival = open_[0]
        pairs = describe_pairs(rival.pairs, rival.splits, rival.is_paired)
        better = describe_wins_of(str(rival.wins), pairs, rival.is_paired)
        evidence = f"better {better}, {format_p(rival.p_value)}"
        return f"not significantly different from that of {rival.name} ({evidence})"
    p = min(rival.p_value for rival in open_)
    names = join_names(rival.name for rival in open_)
    lowest = format_p(p) if p >= 1 else format_p(p).replace("=", "≥")  # no p-value is above 1
    return f"not significantly different from those of {names} ({lowest})"


def describe_wins(open_: Sequence[Rival]) -> str:
    """State on how many seeds the winner is ahead of the other contenders."""
    wins, pairs = min(rival.wins for rival in open_), min(rival.pairs for rival in open_)
    names = (
        open_[0].name
        if len(open_) == 1
        else f"all {len(open_)} others"
        if len(open_) > 3
        else join_names(r.name for r in open_)
    )
    each = " each" if len(open_) > 1 else ""
    least = "at least " if any(rival.wins > wins for rival in open_) else ""
    if len({rival.is_paired for rival in open_}) > 1:
        return f"ahead of {names}"
    of_pairs = describe_pairs(pairs, open_[0].splits, open_[0].is_paired)
    return f"better than {names} {describe_wins_of(f'{least}{wins}', of_pairs, open_[0].is_paired)}{each}"


def also_equal(equal: Sequence[Rival]) -> str:
    """State which contenders have the same values as the winner."""
    return f"; {join_names(rival.name for rival in equal)} has the same values" if equal else ""


def recommend_on_problems(facts: StudyFacts) -> str:
    """State what to use, in a study of several problems."""
    problems = facts.problems
    count = len(problems)
    everywhere = "both problems" if count == 2 else f"all {count} problems"
    if facts.contenders == 1:
        return f"Only {problems[0].winner} was run, on {everywhere}, so there is nothing to compare."
    measure = describe_measure(problems[0]) if len({p.split for p in problems}) == 1 else problems[0].metric
    best = f"the {'lowest' if problems[0].is_lower_better else 'highest'} {measure}"
    clear = [p.problem for p in problems if p.rivals and all(rival.is_worse for rival in p.rivals)]
    winners = list(dict.fromkeys(p.winner for p in problems))
    if len(winners) > 1 and count > MOST_LISTED:
        return f"{describe_ranks(facts)} {count_wins(problems, winners, best)} {describe_leads(clear, count)}"
    if len(winners) > 1:
        return f"{describe_winners(problems, winners, best)} {describe_ranks(facts)} {describe_leads(clear, count)}"
    leads = describe_leads(clear, count)
    if not clear:
        return f"No optimizer is significantly best. {winners[0]} has {best} on {everywhere}. {leads}"
    lead = f"{winners[0]} is best" if facts.choice == "default" else f"Use {winners[0]}"
    return f"{lead}: it has {best} on {everywhere}. {leads}"


def describe_winners(problems: Sequence[ProblemFacts], winners: Sequence[str], best: str) -> str:
    """State the winner of each problem."""
    where = {name: join_names(p.problem for p in problems if p.winner == name) for name in winners}
    first, *others = where.items()
    words = [f"{first[0]} has {best} on {first[1]}", *(f"{name} on {on}" for name, on in others)]
    return f"No optimizer is best on every problem: {', '.join(words)}."


def count_wins(problems: Sequence[ProblemFacts], winners: Sequence[str], best: str) -> str:
    """State on how many problems each contender wins, if there are too many problems to list."""
    wins = Counter(problem.winner for problem in problems)
    (first, most), *others = sorted(wins.items(), key=lambda item: (-item[1], winners.index(item[0])))
    words = [f"{first} has {best} on {most} of {len(problems)} problems", *(f"{name} on {n}" for name, n in others)]
    return f"No optimizer is best on every problem: {', '.join(words)}."


def describe_ranks(facts: StudyFacts) -> str:
    """State which contenders have the best mean rank."""
    if len(facts.best_ranked) == 1:
        return f"{facts.best_ranked[0]} has the best mean rank."
    return f"{join_names(facts.best_ranked)} have the same, best mean rank."


def describe_leads(clear: Sequence[str], count: int) -> str:
    """State on which problems the winner is significantly better than all others.

    Args:
        clear: these problems.
        count: the total number of problems.
    """
    if not clear:
        return "On no problem is the best optimizer significantly better than all others."
    if len(clear) == count:
        return "On every problem the best optimizer is significantly better than all others."
    return f"Only on {join_names(clear)} is the best optimizer significantly better than all others."


def by_split(facts: StudyFacts) -> list[str]:
    """State which contenders are ahead on the splits of a problem, in a study of one problem with several splits."""
    if len(facts.problems) > 1 or facts.problems[0].splits < 2 or not facts.problems[0].rivals:
        return []
    (problem,) = facts.problems
    winners = problem.split_winners
    best = f"the {'lowest' if problem.is_lower_better else 'highest'} median"
    if set(winners) == {problem.winner}:
        everywhere = "both" if len(winners) == 2 else f"each of the {len(winners)}"
        return [f"{problem.winner} has {best} on {everywhere} splits."]
    names = sorted(set(winners), key=lambda name: (name != problem.winner, -winners.count(name), name))
    words = join_names(f"{name} on {winners.count(name)}" for name in names)
    return [f"On the {len(winners)} splits taken apart, {best} is that of {words}."]


def caution_on_test(facts: StudyFacts) -> list[str]:
    """State that a problem has no validation split."""
    splits = dict.fromkeys(p.split for p in facts.problems if p.is_without_validation)
    names = join_names(map(describe_split, splits))
    return [f"There is no validation split, so {names} decides and its values are optimistic."] if splits else []


def other_metrics(facts: StudyFacts) -> list[str]:
    """State which contenders are ahead by other metrics, in a study of one problem."""
    if len(facts.problems) > 1 or not facts.problems[0].other_winners:
        return []
    (problem,) = facts.problems
    split = describe_split(problem.split)
    words = join_names(f"by {split} {metric} {name} is ahead" for metric, name in problem.other_winners)
    other = f"{problem.split}.{problem.other_winners[0][0]}"
    option = f"--decide-by {other}" if facts.is_elsewhere else f"decide_by={other}"
    return [f"{words[0].upper()}{words[1:]} ({option} would decide by it)."]
