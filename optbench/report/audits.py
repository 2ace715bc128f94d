"""Audits: check a study for problems that limit its conclusions.

Each check yields findings: a sentence on what limits the conclusions, and what to do about it. The checks are in
:mod:`~optbench.report.audits_of_runs`, :mod:`~optbench.report.audits_of_choices` and
:mod:`~optbench.report.audits_of_values`, one function per check.
"""

from optbench.report import audits_of_choices, audits_of_runs, audits_of_values
from optbench.report.findings import Finding, merge_findings
from optbench.report.scope import ReportData, Scope

STUDY_CHECKS = (
    audits_of_runs.check_elsewhere,
    audits_of_runs.check_model_sizes,
    audits_of_choices.check_untuned_rates,
    audits_of_runs.check_unpooled_splits,
    audits_of_runs.check_machines,
    audits_of_runs.check_merged,
    audits_of_runs.check_seed_counts,
    audits_of_choices.check_tuning_budgets,
    audits_of_runs.check_timing_spread,
)
PROBLEM_CHECKS = (
    audits_of_runs.check_compared,
    audits_of_runs.check_budgets,
    audits_of_values.check_target_difficulty,
    audits_of_values.check_saturation,
    audits_of_choices.check_selection_seeds,
    audits_of_choices.check_selection_split,
    audits_of_choices.check_split_draw,
    audits_of_choices.check_deciding_split,
    audits_of_values.check_other_winners,
    audits_of_values.check_majority_class,
    audits_of_values.check_start,
    audits_of_choices.check_learning_rate_range,
    audits_of_choices.check_search_luck,
    audits_of_values.check_training_length,
    audits_of_values.check_generalization_gap,
    audits_of_values.check_regularized_loss,
    audits_of_runs.check_batch_order,
    audits_of_runs.check_published_protocol,
    audits_of_choices.check_parts_without_parameters,
)


def audit(data: ReportData, scopes: list[Scope]) -> list[Finding]:
    """Return the findings of all checks, warnings first."""
    found = [finding for check in STUDY_CHECKS for finding in check(data)]
    found += [finding for scope in scopes if len(scope.final) for check in PROBLEM_CHECKS for finding in check(scope)]
    return sorted(merge_findings(found), key=lambda finding: finding.level != "warning")
