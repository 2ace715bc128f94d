"""The table of docs/optimizers.md: ``python -m tests.rules_table`` prints it, ``--write`` writes it (make table).

rule, state   what the rule declares beside its function (optbench/spec/about.py)
paper, year   the docstring's source
step          reports/showdown/steps.json, which ``--steps`` takes from the showdown's results (make showdown)
certificate   reports/certificates/certificates.json (make certificates)
"""

import argparse
import inspect
import json
import re
import sys
from pathlib import Path

from optbench.runtime.tensorflow_import import import_tensorflow

import_tensorflow()

from optbench.analysis.tables import step_times  # noqa: E402
from optbench.config.build import locate  # noqa: E402
from optbench.config.parameters import TARGET  # noqa: E402
from optbench.lab.rules import about_rule, known_rules, rule_node  # noqa: E402
from optbench.results.loading import load_labeled_runs  # noqa: E402
from optbench.results.store import Store  # noqa: E402
from tests.conftest import ROOT  # noqa: E402

PAGE = ROOT / "docs" / "optimizers.md"
STEPS = ROOT / "reports" / "showdown" / "steps.json"
CERTIFICATES = ROOT / "reports" / "certificates" / "certificates.json"
STUDY, PROBLEM = "showdown", "digits_mlp"
COLUMNS = ["name", "rule", "paper", "year", "state", "step", "certificate"]
SOURCE = re.compile(r'Source: (?P<paper>[^"]+), "[^"]*",[^"]*?\b(?P<year>\d{4})\b')


def rows() -> dict[str, list[str]]:
    """The cells of the page's table after the name, by rule, in its order."""
    lines = re.findall(r"^\| `(\w+)` \|(.*)\|$", PAGE.read_text(encoding="utf8"), re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split(" | ")] for name, cells in lines}


def table() -> str:
    """The table in Markdown, in the page's order; a rule that the page does not have yet comes last."""
    names = [name for name in rows() if name in known_rules()]
    names += [name for name in known_rules() if name not in names]
    steps, certificates = cells_of(STEPS, "ratio_to_sgd"), cells_of(CERTIFICATES, "cells")
    lines = [line(COLUMNS), line(["---"] * len(COLUMNS))]
    for name in names:
        known = [about_rule(name).words, *source(name), state(name), steps.get(name, "–"), certificates.get(name, "–")]
        lines.append(line([f"`{name}`", *known]))
    return "\n".join(lines) + "\n"


def write() -> None:
    """Replace the table in the page."""
    page = PAGE.read_text(encoding="utf8")
    old = re.search(r"(^\|.*\n)+", page, re.MULTILINE)
    assert old is not None, f"{PAGE} has no table"
    PAGE.write_text(page.replace(old.group(), table()), encoding="utf8")


def line(cells: list[str]) -> str:
    """A row."""
    return f"| {' | '.join(cells)} |"


def source(rule: str) -> list[str]:
    """Whose paper a rule is from, and its year."""
    docstring = " ".join((inspect.getdoc(locate(rule_node(rule)[TARGET])) or "").split())
    found = SOURCE.search(docstring)
    assert found is not None, f"the docstring of {rule} names no paper"
    return [found["paper"], found["year"]]


def state(rule: str) -> str:
    """What a rule remembers of a parameter, in floats."""
    return str(about_rule(rule).floats)


def cells_of(path: Path, key: str) -> dict[str, str]:
    """The cells that a committed file has; none where there is no file."""
    cells: dict[str, str] = json.loads(path.read_text(encoding="utf8"))[key] if path.is_file() else {}
    return cells


def steps_of(results: Path) -> dict[str, object]:
    """What ``steps.json`` holds: of each rule the time of a step of :data:`PROBLEM` beside sgd's, to a tenth."""
    store = Store(results)
    runs = load_labeled_runs(store, {STUDY: store.read_study(STUDY)})
    of_problem = runs[(runs["role"] == "run") & (runs["problem"] == PROBLEM)]
    times = step_times(of_problem, store.timings())
    ratios = {str(row.optimizer): f"{row.ratio_to_sgd:.1f}" for row in times.itertuples()}
    return {"study": STUDY, "problem": PROBLEM, "ratio_to_sgd": dict(sorted(ratios.items()))}


def main() -> None:
    """Print the table or write it into its page; take the step times from a results folder first, if asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.rules_table", description="Print the table of rules.")
    parser.add_argument("--steps", type=Path, metavar="RESULTS", help="take the step times of the showdown from here")
    parser.add_argument("--write", action="store_true", help="replace the table in its page instead of printing it")
    arguments = parser.parse_args()
    if arguments.steps is not None:
        STEPS.write_text(json.dumps(steps_of(arguments.steps), indent=1) + "\n", encoding="utf8")
    if arguments.write:
        write()
    else:
        sys.stdout.write(table())


if __name__ == "__main__":
    main()
