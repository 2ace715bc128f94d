"""The parts of a problem's section, in order. Each function returns a part, or None if there is nothing to show."""

from collections.abc import Callable

from optbench.report.blocks import Part
from optbench.report.parts import (
    against_baseline,
    convergence,
    cost,
    diagnostics,
    divergences,
    final_by_seed,
    final_values,
    importance,
    learning_rate,
    optimality_gap,
    paths,
    range_test,
    regions,
    splits,
    step_times,
    targets_reached,
    time_to_target,
    tuning_curve,
)
from optbench.report.scope import Scope

PARTS: tuple[Callable[[Scope], Part | None], ...] = (
    final_values.part,
    splits.part,
    cost.part,
    convergence.part,
    diagnostics.part,
    optimality_gap.part,
    paths.part,
    regions.part,
    final_by_seed.part,
    against_baseline.part,
    time_to_target.part,
    targets_reached.part,
    range_test.part,
    learning_rate.part,
    tuning_curve.part,
    importance.part,
    step_times.part,
    divergences.part,
)
