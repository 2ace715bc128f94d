"""The certificates as one self-contained page, ``reports/certificates/index.html``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from optbench.lab.certificates.cells import format_json
from optbench.lab.certificates.comparison import DOUBLE, SINGLE, Comparison, CrossCheck
from optbench.lab.certificates.docstrings import RuleDescription, describe_rule
from optbench.lab.certificates.formatting import format_call, format_code, format_difference, format_ours, format_values
from optbench.lab.certificates.group_rows import make_group_certificates
from optbench.lab.certificates.verdict import CertificateVerdict, Kind, format_cells, judge, unexplained_differences
from optbench.report.index import CERTIFICATES
from optbench.report.render import render
from optbench.runtime.files import write_text
from optbench.spec.about import LIBRARIES, Scope

IN_WORDS: Mapping[Kind, str] = {
    "same": "the same",
    "converted": "the same once made equal",
    "different": "differs",
    "unexplained": "unexplained",
}
ON: Mapping[Scope, str] = {
    "all": "",
    "weights": "on weights",
    "square weights": "on square weights",
    "weights not wide": "on weights that are not wide, and biases",
}


class ReferenceRow(NamedTuple):
    """One comparison, in the form for the template."""

    label: str  # the library, and the variant
    library: str
    call: str  # the constructor with its numbers
    ours: str  # our rule, if its numbers differ from those of its YAML file
    on: str  # the parameters that were compared, if not all
    verdict: CertificateVerdict
    in_words: str
    same: Mapping[str, str]  # by stream
    equal: str
    how: str  # how conventions were made equal
    single: str
    note: Markup
    sentence: Markup
    case: str  # name of the smallest case; may be empty
    steps: Sequence[Mapping[str, str]]  # of the smallest case


class Certificate(NamedTuple):
    """The certificate of one rule, in the form for the template."""

    rule: str
    title: Markup
    source: Markup
    eps: Markup
    decay: Markup
    differs: Sequence[Markup]
    oracle: str
    cell: str
    rows: Sequence[ReferenceRow]


def write_page(reports: Path, rules: Sequence[str], cross_check: CrossCheck) -> Path:
    """Write the page and ``certificates.json`` next to it; return the page's path."""
    folder = reports / CERTIFICATES
    write_text(folder / "certificates.json", format_json(list(rules), cross_check))
    write_text(folder / "index.html", render_page(rules, cross_check))
    return folder / "index.html"


def render_page(rules: Sequence[str], cross_check: CrossCheck) -> str:
    """The page as HTML."""
    cells = format_cells(rules, cross_check.comparisons)
    return render(
        "certificates.html.j2",
        certificates=[make_certificate(rule, describe_rule(rule), cells[rule], cross_check) for rule in rules],
        groups=make_group_certificates(cross_check.groups),
        versions=cross_check.versions,
        absent=[library for library in LIBRARIES if library not in cross_check.versions],
        steps=cross_check.steps,
        mistakes=unexplained_differences(cross_check),
        without_oracle=not cross_check.oracles,
        double=f"{DOUBLE:.0e}",
        single=f"{SINGLE:.0e}",
    )


def make_certificate(rule: str, description: RuleDescription, cell: str, cross_check: CrossCheck) -> Certificate:
    """The certificate of a rule."""
    return Certificate(
        rule=rule,
        title=format_code(description.title),
        source=format_code(description.source),
        eps=format_code(description.eps),
        decay=format_code(description.decay),
        differs=[format_code(paragraph) for paragraph in description.differs],
        oracle=format_difference(cross_check.oracles[rule]) if rule in cross_check.oracles else "",
        cell=cell,
        rows=[make_row(comparison) for comparison in cross_check.comparisons if comparison.rule == rule],
    )


def make_row(comparison: Comparison) -> ReferenceRow:
    """The row of a comparison."""
    reference, verdict = comparison.reference, judge(comparison)
    return ReferenceRow(
        label=reference.label,
        library=reference.library,
        call=format_call(reference.library, reference.constructor, reference.numbers),
        ours=format_ours(comparison.rule, reference.ours) if reference.ours else "",
        on=ON[reference.scope],
        verdict=verdict,
        in_words=IN_WORDS[verdict.kind],
        same={stream: format_difference(value) for stream, value in comparison.same.items()},
        equal=format_difference(max(comparison.equal.values())) if comparison.equal else "",
        how=reference.equal.how if reference.equal else "",
        single=reference.single,
        note=format_code(reference.note),
        sentence=format_code(verdict.sentence),
        case=comparison.smallest.name if comparison.smallest else "",
        steps=format_steps(comparison),
    )


def format_steps(comparison: Comparison) -> list[dict[str, str]]:
    """The smallest case, one row per step."""
    if comparison.smallest is None:
        return []
    columns = (comparison.smallest.grads, comparison.smallest.ours, comparison.smallest.theirs)
    rows = zip(*columns, strict=True)
    return [{"gradient": format_values(g), "ours": format_values(u), "theirs": format_values(v)} for g, u, v in rows]
