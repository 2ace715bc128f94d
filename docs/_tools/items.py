"""A page for each group of ``conf/``: every item with its comment, its keys, its docstring and, of a rule, certificate.

Everything is read from the YAML file, the signature and the docstring that it names, and ``certificates.json``, so that
an item that is added is on the site without anything else.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from _tools.source_code import ROOT, definition, docstring, indented, parameters, signature

CONF = ROOT / "conf"
CERTIFICATES = ROOT / "reports" / "certificates" / "certificates.json"
TARGET = "_target_"
TITLES = {
    "optimizer": ("Optimizers", "The update rules. Choose with ``optimizer=NAME``."),
    "wrapper": ("Wrappers", "Around any optimizer, a list in order: ``wrapper=[clip_by_global_norm,lookahead]``."),
    "schedule": ("Schedules", "A factor on the learning rate. Choose with ``schedule=NAME``."),
    "dataset": ("Data sets", "Choose with ``dataset=NAME``."),
    "model": ("Models", "Choose with ``model=NAME``."),
    "loss": ("Losses and test functions", "Choose with ``loss=NAME``."),
    "metric": ("Metrics", "A list beside the loss: ``metrics=[accuracy,f1]``."),
    "regularizer": ("Regularizers", "Choose with ``regularizer=NAME``."),
    "tune": ("Tuning", "Choose with ``tune=NAME``."),
    "executor": ("Executors", "Where shards are trained. Choose with ``executor=NAME``."),
    "experiment": ("Experiments", "Problems, ready to train. Choose with ``experiment=NAME``."),
}


class Item(NamedTuple):
    """A YAML file of a group."""

    group: str
    name: str
    comment: str  # its first lines
    text: str  # all of it
    target: str | None  # the dotted path of what it builds


def groups() -> list[str]:
    """The groups of items, those of ``TITLES`` first."""
    found = {path.parent.name for path in CONF.glob("*/*.yaml")} - {"hydra", "as_published"}
    return [*(name for name in TITLES if name in found), *sorted(found - set(TITLES))]


def items(group: str) -> list[Item]:
    """The items of a group, in the order of their names."""
    return [read_item(path) for path in sorted((CONF / group).glob("*.yaml"))]


def read_item(path: Path) -> Item:
    """What a YAML file says."""
    text = path.read_text(encoding="utf8")
    lines = [line for line in text.splitlines() if not line.startswith("# @package")]
    comment = []
    for line in lines:
        if not line.startswith("#"):
            break
        comment.append(line.lstrip("# "))
    return Item(path.parent.name, path.stem, " ".join(comment), text, find_target(yaml.safe_load(text)))


def find_target(node: Any) -> str | None:
    """The path of what a node builds; that of a wrapper stands below its name."""
    if not isinstance(node, dict):
        return None
    if isinstance(node.get(TARGET), str):
        return str(node[TARGET])
    inner = [value[TARGET] for value in node.values() if isinstance(value, dict) and TARGET in value]
    return str(inner[0]) if len(node) == 1 and inner else None


def page(group: str) -> str:
    """The page of a group."""
    title, note = TITLES.get(group, (group.capitalize(), f"Choose with ``{group}=NAME``."))
    parts = [heading(title, "="), note, *(section(item) for item in items(group))]
    return "\n\n".join(parts) + "\n"


def section(item: Item) -> str:
    """What the page of a group says of an item."""
    return "\n\n".join([f".. _{item.group}-{item.name}:", heading(f"``{item.name}``", "-"), *body(item)])


def body(item: Item) -> Iterator[str]:
    """The paragraphs of an item: comment, docstring, certificate, ranges, defaults."""
    yield escaped(item.comment)
    if item.target is not None:
        node = definition(item.target)
        arguments = signature(node) if isinstance(node, ast.FunctionDef) else ""
        yield f".. py:function:: {item.target}{arguments}\n   :no-index:\n\n{indented(docstring(node))}"
        if item.group == "optimizer" and (certificate := certificates().get(item.name)):
            yield f"**Certificate**: {escaped(certificate)}."
        if table := ranges(item.target):
            yield table
    yield f".. code-block:: yaml\n   :caption: conf/{item.group}/{item.name}.yaml\n\n" + "\n".join(
        f"   {line}" if line else "" for line in item.text.rstrip().splitlines()
    )


def ranges(target: str) -> str:
    """A table of the parameters whose annotations declare a range or a search space; empty where none does."""
    node = definition(target)
    if not hasattr(node, "args"):
        return ""
    rows = []
    for parameter in parameters(node):
        declared = re.fullmatch(r"Annotated\[(?P<type>.*?), (?P<rest>(?:[A-Z]\w*\b).*)\]", parameter.annotation)
        if declared:
            rows.append((parameter.name, *split_declared(declared["rest"]), parameter.default))
    if not rows:
        return ""
    lines = [".. list-table::", "   :header-rows: 1", "", *row("parameter", "range", "search space", "default")]
    return "\n".join([*lines, *(line for cells in rows for line in row(*(f"``{c}``" if c else "" for c in cells)))])


def split_declared(text: str) -> tuple[str, str]:
    """The range and the search space that an annotation declares."""
    search = re.search(r"Search\(.*?\)", text)
    rest = text.replace(search.group(), "") if search else text
    return rest.strip(", "), search.group() if search else ""


def row(*cells: str) -> list[str]:
    """A row of a list table."""
    return [f"   {'* -' if number == 0 else '  -'} {cell}" for number, cell in enumerate(cells)]


def certificates() -> dict[str, str]:
    """What the kept certificates say of each rule."""
    found: dict[str, str] = json.loads(CERTIFICATES.read_text(encoding="utf8"))["cells"]
    return found


def heading(text: str, sign: str) -> str:
    """A heading of reStructuredText."""
    return f"{text}\n{sign * max(4, len(text))}"


def escaped(text: str) -> str:
    """A text whose signs mean nothing in reStructuredText."""
    return re.sub(r"([*_`|\\])", r"\\\1", text)
