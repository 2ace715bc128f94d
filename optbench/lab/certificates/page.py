"""The certificates as one self-contained page, ``reports/certificates/index.html``."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from optbench.lab.certificates.cases import LIBRARIES
from optbench.lab.certificates.cells import as_json
from optbench.lab.certificates.docstrings import Told, told
from optbench.lab.certificates.found import DOUBLE, SINGLE, Found, Measured
from optbench.lab.certificates.reference import Kept, Numbers
from optbench.lab.certificates.verdict import Kind, Verdict, cells_of, mistakes, verdict
from optbench.report.page import CERTIFICATES
from optbench.report.render import render
from optbench.runtime.files import write_text

PREFIXES = {
    "Keras": "keras.optimizers.",
    "PyTorch": "torch.",
    "Optax": "optax.",
    "pytorch-optimizer": "pytorch_optimizer.",
}
IN_WORDS: Mapping[Kind, str] = {
    "same": "the same",
    "converted": "the same once made equal",
    "different": "differs",
    "unexplained": "unexplained",
}
ON: Mapping[Kept, str] = {
    "all": "",
    "weights": "on weights",
    "square weights": "on square weights",
    "weights not wide": "on weights that are not wide, and biases",
}


class Row(NamedTuple):
    """One reference, ready to be placed."""

    library: str
    call: str  # the constructor with its numbers
    on: str  # the parameters that were compared, where not all
    verdict: Verdict
    in_words: str
    same: Mapping[str, str]  # by stream
    equal: str
    how: str  # how conventions were made equal
    single: str
    note: Markup
    sentence: Markup
    case: str  # name of the smallest case, or nothing
    steps: Sequence[Mapping[str, str]]  # of the smallest case


class Certificate(NamedTuple):
    """Everything about one rule."""

    rule: str
    title: Markup
    source: Markup
    eps: Markup
    decay: Markup
    differs: Sequence[Markup]
    oracle: str
    cell: str
    rows: Sequence[Row]


def write(reports: Path, rules: Sequence[str], measured: Measured) -> Path:
    """Write the page and ``certificates.json`` beside it; return the page's path."""
    folder = reports / CERTIFICATES
    write_text(folder / "certificates.json", as_json(list(rules), measured))
    write_text(folder / "index.html", page(rules, measured))
    return folder / "index.html"


def page(rules: Sequence[str], measured: Measured) -> str:
    """The page as HTML."""
    cells = cells_of(rules, measured.found)
    return render(
        "certificates.html.j2",
        certificates=[certificate(rule, told(rule), cells[rule], measured) for rule in rules],
        versions=measured.versions,
        absent=[library for library in LIBRARIES if library not in measured.versions],
        steps=measured.steps,
        mistakes=mistakes(measured),
        without_oracle=not measured.oracles,
        double=f"{DOUBLE:.0e}",
        single=f"{SINGLE:.0e}",
    )


def certificate(rule: str, own: Told, cell: str, measured: Measured) -> Certificate:
    """A rule's certificate."""
    return Certificate(
        rule=rule,
        title=coded(own.title),
        source=coded(own.source),
        eps=coded(own.eps),
        decay=coded(own.decay),
        differs=[coded(paragraph) for paragraph in own.differs],
        oracle=in_figures(measured.oracles[rule]) if rule in measured.oracles else "",
        cell=cell,
        rows=[row(found) for found in measured.found if found.rule == rule],
    )


def row(found: Found) -> Row:
    """A reference, ready to be placed."""
    reference, judged = found.reference, verdict(found)
    return Row(
        library=found.library,
        call=call(PREFIXES[found.library] + reference.constructor, reference.numbers),
        on=ON[reference.kept],
        verdict=judged,
        in_words=IN_WORDS[judged.kind],
        same={stream: in_figures(value) for stream, value in found.same.items()},
        equal=in_figures(max(found.equal.values())) if found.equal else "",
        how=reference.equal.how if reference.equal else "",
        single=reference.single,
        note=coded(reference.note),
        sentence=coded(judged.sentence),
        case=found.smallest.name if found.smallest else "",
        steps=steps_of(found),
    )


def steps_of(found: Found) -> list[dict[str, str]]:
    """The smallest case, a row a step."""
    if found.smallest is None:
        return []
    columns = (found.smallest.grads, found.smallest.ours, found.smallest.theirs)
    rows = zip(*columns, strict=True)
    return [{"gradient": numbers(g), "ours": numbers(u), "theirs": numbers(v)} for g, u, v in rows]


def numbers(values: Any) -> str:
    """A number, or nested lists of numbers, with six digits; the brackets around a single one left out."""
    text = nested(values)
    return text.strip("[]") if "," not in text else text


def nested(values: Any) -> str:
    """Numbers with six digits, in the brackets that they have."""
    if isinstance(values, list):
        return "[" + ", ".join(map(nested, values)) + "]"
    return f"{values + 0.0:.6g}"  # no minus before a zero


def call(constructor: str, given: Numbers) -> str:
    """A constructor with its keywords, as one would write it."""
    return f"{constructor}({', '.join(f'{name}={literal(value)}' for name, value in given.items())})"


def literal(value: Any) -> str:
    """A value as Python writes it; lists as the tuples that they are handed over as."""
    return repr(tuple(value)) if isinstance(value, list) else repr(value)


def in_figures(difference: float) -> str:
    """A difference with one digit."""
    return "no number" if not math.isfinite(difference) else ("0" if difference == 0 else f"{difference:.0e}")


def coded(text: str) -> Markup:
    """A sentence, escaped, with what stands between backquotes as code."""
    return Markup(re.sub(r"`{1,2}([^`]+)`{1,2}", r"<code>\1</code>", str(escape(text))))
