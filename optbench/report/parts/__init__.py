"""The parts of a problem's section, in order. Each function returns a part, or None if there is nothing to show."""

from collections.abc import Callable

from optbench.report.blocks import Part
from optbench.report.parts import (
    against_baseline,
    convergence,
    cost,
    divergences,
    final_by_seed,
    final_values,
    learning_rate,
    optimality_gap,
    paths,
    regions,
    splits,
    step_times,
    time_to_target,
    tuning_curve,
)
from optbench.report.scope import Scope

PARTS: tuple[Callable[[Scope], Part | None], ...] = (
    final_values.part,
    splits.part,
    cost.part,
    convergence.part,
    optimality_gap.part,
    paths.part,
    regions.part,
    final_by_seed.part,
    against_baseline.part,
    time_to_target.part,
    learning_rate.part,
    tuning_curve.part,
    step_times.part,
    divergences.part,
)
