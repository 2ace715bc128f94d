"""What a wrapper is: a function from a rule to a rule that does something more.

    g ──> first wrapper ──> second wrapper ──> the rule ──> update

A wrapper is made from its numbers, ``lookahead(every=5, alpha=0.5)``, and then given the rule. What the rule in it
asks of the loop by name, it hands on.
"""

from collections.abc import Callable, Sequence

from optbench.optimizers.base import Optimizer

Wrapper = Callable[[Optimizer], Optimizer]


def in_order(wrappers: Sequence[Wrapper]) -> Wrapper:
    """All of ``wrappers`` as one. Gradients meet the first of them first, and the rule last."""

    def wrap(rule: Optimizer) -> Optimizer:
        for wrapper in reversed(wrappers):
            rule = wrapper(rule)
        return rule

    return wrap
