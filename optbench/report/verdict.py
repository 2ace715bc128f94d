"""The answer of a report, composed from the facts of the study and the catalogue of sentences."""

from optbench.report.commands import has_no_command, job_commands, python_expression
from optbench.report.facts import StudyFacts, median_costs_of, study_facts
from optbench.report.range_test_answer import range_test_answer
from optbench.report.scope import ReportData
from optbench.report.sentences import details, recommendation
from optbench.report.sentences.unfinished import describe_untrained
from optbench.spec.status import RunStatus
from optbench.spec.verdict import Verdict

PYTHON = "optbench."  # a study of Python code
REPEAT_STUDY = "To repeat the study"


def verdict(data: ReportData) -> Verdict:
    """Return the answer of a report."""
    costs, finite = median_costs_of(data)
    unfinished = describe_untrained(data.result)
    if (answer := range_test_answer(data, REPEAT_STUDY)) is not None:  # also if every run diverged in the end
        return answer._replace(unfinished=unfinished)
    if costs.empty and not all_diverged(data):
        cost = details.NO_RUNS if not unfinished else ""
        return Verdict(recommendation.NO_RUNS, cost, REPEAT_STUDY, data.study.command, unfinished=unfinished)
    if finite.empty:
        return Verdict(
            recommendation.ALL_DIVERGED,
            details.ALL_DIVERGED,
            REPEAT_STUDY,
            data.study.command,
            unfinished=unfinished,
        )
    facts = study_facts(data, finite)
    return Verdict(
        lead=recommendation.recommendation(facts),
        cost=details.cost(facts),
        advice=describe_command(facts, data.study.command),
        command=setting_command(data, facts),
        rates=details.rates(facts),
        next_step="" if unfinished and facts.contenders == 1 else details.next_step(facts),
        unfinished=unfinished,
    )


def all_diverged(data: ReportData) -> bool:
    """Return whether every run diverged. Imported runs may then have no values."""
    return bool(len(data.runs) and (data.runs["status"] == RunStatus.DIVERGED).all())


def describe_command(facts: StudyFacts, command: str) -> str:
    """Return the purpose of the command.

    Args:
        facts: the facts of the study.
        command: the command of the study.
    """
    if facts.is_elsewhere:
        is_python = command.startswith(PYTHON) and "\n" not in command  # a joined study has several commands
        return "To load the study in Python" if is_python else "To read the runs again"
    where = f" on {facts.about}" if len(facts.problems) > 1 else ""
    cheapest = details.choice_by_cost(facts)
    if cheapest and cheapest != facts.recommended:
        return f"To train {cheapest} with its setting"
    return f"To train {facts.recommended}{where} with this setting"


def setting_command(data: ReportData, facts: StudyFacts) -> str:
    """Return the command that trains the recommended setting, or the setting that cost decides for."""
    chosen = details.choice_by_cost(facts) or facts.recommended
    contender = data.contenders[data.contenders["contender"] == chosen]
    settings = contender.set_index("problem")["setting"]
    problem = facts.about if facts.about in settings.index else str(settings.index[0])
    runs = data.runs[(data.runs["problem"] == problem) & (data.runs["setting"] == settings[problem])]
    if facts.is_elsewhere and data.study.command.startswith(PYTHON) and "\n" not in data.study.command:
        return f"optbench.load_study({data.study.name!r})"
    job = int(runs["job"].iloc[0])
    if chosen != facts.recommended and has_no_command(data.study, job):
        return python_expression(data.study, str(contender["optimizer"].iloc[0]))
    return job_commands(data.study)[job]
