"""What stands in a problem's section, in order: each part is a function from a scope to a part, or to None."""

from collections.abc import Callable

from optbench.report.blocks import Part
from optbench.report.parts import (
    against_baseline,
    convergence,
    cost,
    divergences,
    final_by_seed,
    final_values,
    gap,
    paths,
    rates,
    regions,
    step_times,
    time_to_target,
    tuning_curve,
)
from optbench.report.scope import Scope

PARTS: tuple[Callable[[Scope], Part | None], ...] = (
    final_values.part,
    cost.part,
    convergence.part,
    gap.part,
    paths.part,
    regions.part,
    final_by_seed.part,
    against_baseline.part,
    time_to_target.part,
    rates.part,
    tuning_curve.part,
    step_times.part,
    divergences.part,
)
