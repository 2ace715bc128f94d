"""Learning rates that work as well as the best one, the cost of a step, and what to do if the answer is uncertain."""

import math

from optbench.analysis.formatting import format_bytes, format_number, format_seconds, join_names, pluralize
from optbench.report.facts import StudyFacts
from optbench.report.sentences.words import estimate, on_problem

NO_RUNS = "The reasons are listed below. The same command trains what is missing."
ALL_DIVERGED = "Try smaller learning rates, or search for one that works with tune=sobol."
SPLITS_DISAGREE = "The splits of the data disagree, and more seeds do not settle that; more splits may."
BY_COST = "choose by cost"
UNTUNED = "This compares default learning rates, not optimizers."


def rates(facts: StudyFacts) -> str:
    """State which learning rates work about as well as the best one, or return an empty string."""
    found = facts.rates
    if found is None:
        return ""
    if found.low == found.high:
        good = f"Only a learning rate of {found.best:.3g} keeps"
    else:
        good = f"The learning rates {found.low:.3g} to {found.high:.3g} keep"
    optimizer = facts.recommended.partition(" ")[0]
    tried = f"{found.lowest:.3g} to {found.highest:.3g}, {pluralize(found.seeds, 'seed')} each"
    between = "; none between them was tried" if found.good > 1 else ""
    counts = f"{found.good} of {found.tried} tried from {tried}{between}"
    text = f"{good} 95 % of the improvement of {optimizer} since step 0{on_problem(facts)} ({counts})."
    if found.is_best_at_border:
        end = "lowest" if found.best == found.lowest else "highest"
        return f"{text} The best, {found.best:.3g}, is the {end} that was tried."
    return text


def cost(facts: StudyFacts) -> str:
    """State the drawbacks of the recommended contender, and the cost of its step."""
    name = facts.recommended
    parts = []
    if facts.diverged:
        parts.append(f"{facts.diverged} of its {facts.runs} runs diverged.")
    if facts.chosen_from > 1:
        parts.append(f"Its setting is the best of {facts.chosen_from} on these same seeds, so its value is optimistic.")
    if facts.diverged_problems:
        parts.append(f"Most runs of every optimizer diverged on {join_names(facts.diverged_problems)}.")
    time = describe_wall_time(facts, name) if facts.is_elsewhere else describe_step(facts, name)
    return " ".join([*parts, time, *describe_state(facts)])


def describe_wall_time(facts: StudyFacts, name: str) -> str:
    """State the wall time of imported runs, if it may be compared."""
    wall = facts.wall
    if wall is None:
        return "The time of a step is not known, because the runs were trained elsewhere."
    lead = f"A run of {name}{on_problem(facts)} took {format_seconds(wall.seconds)} (median wall time)"
    if not wall.fastest:
        return f"{lead}."
    if wall.fastest == name:
        return f"{lead}; no other optimizer took less."
    return f"{lead}, {format_number(wall.ratio, 2)} times as long as {wall.fastest}, the fastest."


def describe_state(facts: StudyFacts) -> list[str]:
    """State the memory that the recommended contender needs between steps."""
    state = facts.state
    if state is None:
        return []
    share = f", {state.per_parameter:.3g} bytes per parameter" if state.per_parameter >= 1 else ""
    return [f"The state of {facts.recommended} takes {format_bytes(state.size)}{share}."]


def describe_step(facts: StudyFacts, name: str) -> str:
    """State the step time in comparison with the fastest one."""
    steps = facts.steps
    if math.isnan(steps.seconds):
        if steps.is_switched_off:
            return "The time per step was not measured (timing=false)."
        if steps.is_out_of_time:
            return "The time per step is measured once all runs are trained."
        return (
            "The time per step could not be measured; a busy machine is the usual reason. The same command tries again."
        )
    lead, time = f"A step of {name}{on_problem(facts)} takes", format_seconds(steps.seconds)
    if steps.is_noisy:
        return f"{lead} about {time}, but times varied too much between rounds to compare them."
    if not steps.fastest:
        return f"{lead} {time}."
    if steps.fastest == name:
        return f"{lead} {time}; no other optimizer is faster."
    if not steps.is_slower:
        return f"{lead} {time}; no other optimizer is measurably faster."
    return f"{lead} {time}, {format_number(steps.ratio, 2)} times as long as {steps.fastest}, the fastest."


def split_sweep(facts: StudyFacts) -> str:
    """Return a sweep over twice as many splits as the study has."""
    return f"dataset.split_seed={','.join(map(str, range(2 * max(p.splits for p in facts.problems))))}"


def choice_by_cost(facts: StudyFacts) -> str:
    """Return the contender that cost decides for; empty if the study decides, or if the cost is unknown."""
    return facts.cheapest if BY_COST in next_step(facts) else ""


def describe_cheapest(facts: StudyFacts) -> str:
    """Return the cheapest of those that may be as good, as a suffix of a clause."""
    if not facts.cheapest:
        return "any of them will do"
    step = "the shortest step" if facts.cheapest == facts.steps.fastest else "the shortest step of these"
    if facts.cheapest == facts.recommended and facts.cheapest != facts.steps.fastest:
        step = "the best result, and no step of these is measurably shorter"
    return f"{BY_COST}: {facts.cheapest} has {step}"


def next_step(facts: StudyFacts) -> str:
    """State what to do if the answer is uncertain, or return an empty string."""
    if facts.contenders == 1 and facts.is_elsewhere:
        return "Import it together with runs of other optimizers to compare."
    if facts.contenders == 1:
        return "Run it together with other optimizers to compare: -m optimizer=NAME,NAME."
    if facts.choice == "default":
        trials, runs = pluralize(facts.tuning_runs, "trial run"), pluralize(facts.compared_runs, "run")
        time = estimate(facts.tuning_runs + facts.compared_runs, facts.seconds_per_run)
        return f"{UNTUNED} Next: the same command with tune=sobol ({trials}, then the {runs} again{time})."
    if facts.rates is not None and facts.rates.is_best_at_border:
        new = "a wider tune.space" if facts.choice == "tuned" else "more learning rates"
        return f"Next: search beyond {facts.rates.best:.3g} with {new}."
    open_ = [r for p in facts.problems for r in p.rivals if not r.is_worse and not r.is_equal]
    if facts.seeds_needed:
        time = estimate(facts.more_runs, facts.seconds_per_run)
        runs = f"{facts.compared_runs + facts.more_runs:,} runs in all, {facts.more_runs:,} of them new{time}"
        enough = f"probably enough to show differences from {facts.recommended} as large as those found"
        if facts.is_elsewhere:
            seeds = pluralize(facts.seeds_needed, "run")
            where = " on each problem" if len(facts.problems) > 1 else ""
            return f"Next: {seeds} in all of each optimizer{where} ({facts.more_runs:,} new runs), {enough}."
        return f"Next: run again with seeds={facts.seeds_needed} ({runs}), {enough}."
    if not open_:
        return ""
    if any(len(set(p.split_winners)) > 1 for p in facts.problems):
        return f"{SPLITS_DISAGREE} Next: the same command with more of them ({split_sweep(facts)})."
    names = join_names(name for name in dict.fromkeys(rival.name for rival in open_) if name != facts.recommended)
    open_question = f"It would take many more seeds to separate {facts.recommended} from {names}"
    return f"{open_question}, so {describe_cheapest(facts)}."
