"""The resources that the jobs of a study share while it runs."""

from dataclasses import dataclass, field
from functools import cached_property

from optbench.config.sources import Sources
from optbench.problem.built import BuiltProblems
from optbench.problem.references.base import References
from optbench.sweep.programs import Programs


@dataclass(frozen=True)
class StudyResources:
    """Built problems, source digests, reference values and compiled programs, each made once for all jobs."""

    built_problems: BuiltProblems = field(default_factory=BuiltProblems)
    sources: Sources = field(default_factory=Sources)
    references: References = field(default_factory=References)

    @cached_property
    def programs(self) -> Programs:
        """The compiled programs."""
        return Programs(self.built_problems)
