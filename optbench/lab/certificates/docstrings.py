"""The parts of a rule's docstring that its certificate quotes: paper, position of eps, decay, and differences."""

import inspect
import re
from typing import NamedTuple

from optbench.config.build import locate
from optbench.config.parameters import TARGET
from optbench.lab.rules import rule_node

NO_EPS = "There is no eps"
LATEX = ((r"\\sqrt\{([^}]*)\}", r"√(\1)"), (r"\\max", "max"))


class RuleDescription(NamedTuple):
    """The parts of a rule's docstring; plain text with ``code`` in it."""

    title: str
    source: str
    eps: str
    decay: str
    differs: list[str]  # paragraphs


def describe_rule(rule: str) -> RuleDescription:
    """The description of a rule, from its docstring."""
    docstring = inspect.getdoc(locate(rule_node(rule)[TARGET])) or ""
    paragraphs = [replace_latex(paragraph) for paragraph in docstring.split("\n\n")]
    place = next(i for i, p in enumerate(paragraphs) if p.startswith("Source: "))
    arguments = next(parse_arguments(p) for p in paragraphs if p.startswith("Args:"))
    after = [join_lines(p) for p in paragraphs[place + 1 :]]
    return RuleDescription(
        title=join_lines(paragraphs[0]),
        source=join_lines(paragraphs[place]).removeprefix("Source: "),
        eps=describe_eps(arguments, " ".join(after)),
        decay=describe_decay(arguments),
        differs=after,
    )


def replace_latex(text: str) -> str:
    """The text with the LaTeX commands that occur in sentences replaced by plain characters."""
    for pattern, plain in LATEX:
        text = re.sub(pattern, plain, text)
    return text


def join_lines(text: str) -> str:
    """A paragraph on one line."""
    return " ".join(text.split())


def parse_arguments(paragraph: str) -> dict[str, str]:
    """The descriptions in the ``Args:`` paragraph of a docstring, by argument."""
    entries = re.split(r"\n {4}(?=\w+: )", paragraph.removeprefix("Args:"))
    return {name: join_lines(meaning) for name, _, meaning in (entry.partition(": ") for entry in entries) if meaning}


def describe_eps(arguments: dict[str, str], after: str) -> str:
    """The position of each eps of a rule."""
    positions = [f"``{name}``: {meaning}" for name, meaning in arguments.items() if is_eps(name, meaning)]
    if positions:
        return " ".join(positions)
    sentence = re.search(rf"{NO_EPS}[^.]*\.", after)
    return sentence.group() if sentence else f"{NO_EPS}."


def is_eps(name: str, meaning: str) -> bool:
    """Whether an argument is an eps, or is used in the place of one."""
    return bool(re.search(r"(^|_)eps\d?$", name)) or "where other rules have eps" in meaning


def describe_decay(arguments: dict[str, str]) -> str:
    """The arguments of a rule that decay parameters, and which parameters they decay."""
    parts = [
        f"``{name}``: {arguments[name]}" for name in ("weight_decay", "decay_all", "l1", "l2") if name in arguments
    ]
    return " ".join(parts) or "There is no weight decay."
