"""The type of a wrapper: a function that takes a rule and returns a rule with additional behavior.

    g ──> first wrapper ──> second wrapper ──> the rule ──> update

``lookahead(every=5, alpha=0.5)`` creates a wrapper, which is then called with the rule. A wrapper passes the keyword
arguments that the wrapped rule needs on to it.
"""

from collections.abc import Callable, Sequence

from optbench.optimizers.base import Optimizer

Wrapper = Callable[[Optimizer], Optimizer]


def in_order(wrappers: Sequence[Wrapper]) -> Wrapper:
    """Compose ``wrappers`` into one. Gradients pass through the first wrapper first and reach the rule last."""

    def wrap(rule: Optimizer) -> Optimizer:
        for wrapper in reversed(wrappers):
            rule = wrapper(rule)
        return rule

    return wrap
