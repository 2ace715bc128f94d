"""What a rule's docstring says of itself: its paper, where eps stands, what decays, in what it differs from others."""

import inspect
import re
from typing import NamedTuple

from optbench.config.build import locate
from optbench.config.parameters import TARGET
from optbench.lab.rules import rule_node

NO_EPS = "There is no eps"
LATEX = ((r"\\sqrt\{([^}]*)\}", r"√(\1)"), (r"\\max", "max"))


class Told(NamedTuple):
    """A rule's docstring, by what a certificate asks; plain text with ``code`` in it."""

    title: str
    source: str
    eps: str
    decay: str
    differs: list[str]  # paragraphs


def told(rule: str) -> Told:
    """What the docstring of a rule tells."""
    paragraphs = [readable(p) for p in (inspect.getdoc(locate(rule_node(rule)[TARGET])) or "").split("\n\n")]
    place = next(i for i, p in enumerate(paragraphs) if p.startswith("Source: "))
    arguments = next(as_arguments(p) for p in paragraphs if p.startswith("Args:"))
    after = [one_line(p) for p in paragraphs[place + 1 :]]
    return Told(
        title=one_line(paragraphs[0]),
        source=one_line(paragraphs[place]).removeprefix("Source: "),
        eps=eps_of(arguments, " ".join(after)),
        decay=decay_of(arguments, " ".join(after)),
        differs=after,
    )


def readable(text: str) -> str:
    """The few signs of LaTeX that stand in sentences, as plain ones."""
    for pattern, plain in LATEX:
        text = re.sub(pattern, plain, text)
    return text


def one_line(text: str) -> str:
    """A paragraph without its line breaks."""
    return " ".join(text.split())


def as_arguments(paragraph: str) -> dict[str, str]:
    """The arguments of a docstring with what is said of them."""
    entries = re.split(r"\n {4}(?=\w+: )", paragraph.removeprefix("Args:"))
    return {name: one_line(meaning) for name, _, meaning in (entry.partition(": ") for entry in entries) if meaning}


def eps_of(arguments: dict[str, str], after: str) -> str:
    """Where every eps of a rule stands."""
    places = [f"``{name}``: {meaning}" for name, meaning in arguments.items() if is_eps(name, meaning)]
    if places:
        return " ".join(places)
    sentence = re.search(rf"{NO_EPS}[^.]*\.", after)
    return sentence.group() if sentence else f"{NO_EPS}."


def is_eps(name: str, meaning: str) -> bool:
    """Whether an argument is an eps, or stands where other rules have theirs."""
    return bool(re.search(r"(^|_)eps\d?$", name)) or "where other rules have eps" in meaning


def decay_of(arguments: dict[str, str], after: str) -> str:
    """What of a rule decays parameters, and which."""
    parts = [
        f"``{name}``: {arguments[name]}" for name in ("weight_decay", "decay_all", "l1", "l2") if name in arguments
    ]
    return " ".join(parts) or "There is no weight decay."
