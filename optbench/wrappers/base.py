"""The type of a wrapper: a function that takes a rule and returns a rule with additional behavior.

    g ──> first wrapper ──> second wrapper ──> the rule ──> update

``lookahead(every=5, alpha=0.5)`` creates a wrapper, which is then called with the rule. A wrapper passes on the keyword
arguments that the wrapped rule needs. :func:`compose_rule` combines the parts of a setting.
"""

from collections.abc import Callable, Sequence

from optbench.config.build import make
from optbench.config.parameters import TARGET, Node
from optbench.optimizers._groups import complete_groups, freeze, place_of, with_groups
from optbench.optimizers.base import Names, Optimizer, bind_names
from optbench.spec.groups import FROZEN

Wrapper = Callable[[Optimizer], Optimizer]


def in_order(wrappers: Sequence[Wrapper]) -> Wrapper:
    """Compose ``wrappers`` into one. Gradients pass through the first wrapper first and reach the rule last."""

    def wrap(rule: Optimizer) -> Optimizer:
        for wrapper in reversed(wrappers):
            rule = wrapper(rule)
        return rule

    return wrap


def compose_rule(
    optimizer: Node,
    groups: Node,
    wrapper: Node,
    names: Names,
    with_rate: Callable[[Node], Node] = lambda node: node,
) -> Optimizer:
    """Make the rule of a setting: its optimizer with its groups, inside its wrappers.

    Args:
        optimizer: the node of the rule of all parameters that no group matches.
        groups: the node of the groups.
        wrapper: the node of the wrappers.
        names: the names of the parameters.
        with_rate: returns a node with the learning rate to use in place of the configured one.
    """
    complete = complete_groups(groups, optimizer)
    nodes = [{**node, "rule": with_rate(node["rule"])} for node in complete["groups"]]
    rule = with_groups(make(with_rate(optimizer)), make({**complete, "groups": nodes}), names)
    for node in reversed(wrapper["wrappers"]):
        rule = bind_names(make(node)(rule), names)
    is_frozen = [*(node["rule"][TARGET] == FROZEN for node in nodes), False]
    patterns = [node["match"] for node in nodes]
    return freeze(rule, [is_frozen[place_of(name, patterns)] for name in names])
