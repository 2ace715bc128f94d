"""Examine mutants of all rules, wrappers, schedules and of the training step: ``python -m tests.mutation``."""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from optbench.runtime.tensorflow_import import import_tensorflow

import_tensorflow()

from optbench.lab.rules import known_rules  # noqa: E402
from tests.mutation.changes import Mutant, mistakes_in, rewrites_of, sample  # noqa: E402
from tests.mutation.examination import ENDLESS, Subject, accepted_numbers, examine, subjects  # noqa: E402
from tests.mutation.oracles import examine_with_oracle  # noqa: E402

CLASSES = ("caught", "fails", "equivalent", "missed")


def main() -> None:
    """Print a row for each module, the share that the gate sees, and what it missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Which mistakes the gate sees.")
    parser.add_argument("--each", type=int, default=12, help="mutants of each module; default: 12")
    parser.add_argument("--only", default="", help="names of modules, separated by commas")
    parser.add_argument("--harmless", action="store_true", help="rewrites, which must not be caught, in their place")
    parser.add_argument("--oracles", action="store_true", help="by the rules' oracles in place of the gate")
    parser.add_argument("--out", type=Path, help="write all mutants with their class as JSON")
    arguments = parser.parse_args()
    only, own_rules = set(filter(None, arguments.only.split(","))), known_rules()
    accepted = None if arguments.oracles else accepted_numbers()

    def class_of(subject: Subject, mutant: Mutant) -> str:
        return examine_with_oracle(subject, mutant) if accepted is None else examine(subject, mutant, accepted)

    make = rewrites_of if arguments.harmless else mistakes_in
    found: list[dict[str, Any]] = []
    for subject in subjects():
        if (only and subject.name not in only) or (arguments.oracles and subject.name not in own_rules):
            continue
        classes = []
        mutants = [mutant for mutant in make(subject.source) if mutant.what not in ENDLESS]
        for mutant in sample(mutants, arguments.each, subject.name):
            classes.append(class_of(subject, mutant))
            found.append({"module": subject.name, "line": mutant.line, "what": mutant.what, "class": classes[-1]})
        counts = Counter(classes)
        print(f"{subject.name:30}", *(f"{counts[name]:3} {name}" for name in CLASSES), flush=True)
        if arguments.out:
            arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf8")
    print(summary(found, arguments.harmless))


def summary(found: list[dict[str, Any]], harmless: bool) -> str:
    """The share that the gate sees, and each mutant that it classed wrongly."""
    counts = Counter(each["class"] for each in found)
    seen, real = counts["caught"] + counts["fails"], len(found) - counts["equivalent"]
    if harmless:
        lines = [f"{len(found)} harmless rewrites, {seen} of them refused."]
    else:
        share = f" ({seen / real:.1%})" if real else ""
        lines = [f"{len(found)} mutants, {counts['equivalent']} equivalent; {seen} of the other {real} seen{share}."]
    wrong = ("caught", "fails") if harmless else ("missed", "equivalent")
    lines += [f"{e['class']}: {e['module']}, line {e['line']}: {e['what']}" for e in found if e["class"] in wrong]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
