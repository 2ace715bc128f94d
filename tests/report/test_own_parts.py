"""User-defined parts of the page, and the selection among built-in parts."""

import re

import pandas as pd
import pytest
from matplotlib.figure import Figure

from optbench.api.study import load_study
from optbench.errors import ConfigError
from optbench.report import Body, Cell, Drawing, LegendEntry, Part, Row, Table, View
from optbench.report.own_parts import check_parts, choose_parts, part_name
from optbench.report.page import PageOptions, build
from optbench.report.parts import PARTS
from tests.commands import optbench_command
from tests.conftest import ROOT
from tests.report.made_up_results import Made, write

HERE = "tests.report.test_own_parts"
NASTY = "<script>alert(1)</script>"
DATA = pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0]})
PAGE = (ROOT / "docs" / "report.md").read_text(encoding="utf8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small study."""
    found = tmp_path_factory.mktemp("own")
    write(found / "results", Made(optimizers=("sgd", "adam"), seeds=2, points=3, timed=False))
    return found


def report(folder, *parts, formats=("html",)):
    """The text of the page with some parts; of ours only the table of final values, which is soon there."""
    options = PageOptions(format=formats, parts=("final_values", *parts))
    return build(folder / "results", folder / "reports", ["made"], options=options).read_text()


def draw():
    figure = Figure()
    figure.subplots().plot(DATA["x"], DATA["y"])
    return figure


def drawing(**values):
    texts = {"name": "a/b", "title": "Line", "caption": "A line.", "description": "It rises."}
    return Drawing(**{**texts, "data": DATA, "draw": draw, **values})


def with_markup(result):
    """A part with a table and a figure whose texts are markup."""
    table = Table.from_frame(NASTY, pd.DataFrame({NASTY: [NASTY], "value": [1234.5678], "count": [1200]}))
    views = [View(NASTY, [drawing(title=NASTY)]), View("again", [drawing(name="second", shares_data_with="a/b")])]
    return Part(NASTY, NASTY, Body(NASTY, [table], [LegendEntry("red", NASTY)], views))


def raises(result):
    return 1 / 0


def leaves(result):
    raise SystemExit(3)


def two_arguments(result, other):
    """No function of one argument."""


def test_a_part_has_its_place_on_the_page_with_its_texts_escaped(folder, capsys):
    text = report(folder, f"{HERE}.with_markup", formats=("html", "md", "tex"))
    assert text.count("<script") == 1  # our own
    assert text.index('id="own-parts"') < text.index('id="problem-0"')
    assert ">1235</span>" in text
    assert ">1,200</span>" in text
    assert 'style="background: #ff0000"' in text
    assert 'data-csv-of="own-1-a-b"' in text
    assert len(re.findall(r'<figure data-name="own-1-(?:a-b|second)"', text)) == 2
    assert "| 1235 | 1,200 |" in (folder / "reports" / "made" / "report.md").read_text()
    assert "& 1235 & 1,200" in (folder / "reports" / "made" / "report.tex").read_text()
    assert capsys.readouterr().out == ""


def body(**values):
    return lambda result: Part("mine", "Mine", Body(**values))


def figure_of(**values):
    return body(views=[View("", [drawing(**values)])])


WRONG = {  # a function and the line about it
    "raises": (raises, f"{HERE}.raises (test_own_parts.py, line 57) raised ZeroDivisionError: division by zero"),
    "leaves": (leaves, "raised SystemExit: 3 at test_own_parts.py"),
    "text": (lambda result: "a text", "It must return a Part. Received: str a text from"),
    "note": (body(note=3), "`Part.body.note` must be a string. Received: int 3."),
    "tables": (body(tables=Table("a", ["b"], [])), "`Part.body.tables[0]` must be a Table. Received: str a."),
    "cells": (
        body(tables=[Table("t", ["a", "b"], [Row("r", ["1"])])]),
        "`Part.body.tables[0].rows[0].cells[0]` must be a Cell. Received: str 1.",
    ),
    "columns": (
        body(tables=[Table("t", ["a", "b"], [Row("r", [Cell("1"), Cell("2")])])]),
        "Received: 2 cells in the row `r` for 2 columns.",
    ),
    "color": (body(legend=[LegendEntry("reddish", "x")]), "must be one of matplotlib. Received: reddish."),
    "figure": (figure_of(draw=lambda: 3), "must return a matplotlib Figure. Received: int 3."),
    "drawing": (figure_of(draw=raises), "The figure `a/b` cannot be drawn:"),
    "axes": (figure_of(draw=lambda: Figure(dpi=0)), "The figure `a/b` cannot be drawn:"),
    "data": (figure_of(data=[1]), "`Part.body.views[0].drawings[0].data` must be a DataFrame. Received: list."),
    "names": (body(views=[View("", [drawing(), drawing()])]), "need different names. Received: a/b, a/b."),
    "path": ("no_such_package.part", "`report.parts=no_such_package.part` cannot be imported: ModuleNotFoundError"),
}


def test_a_wrong_part_is_a_line_on_the_page_and_in_the_terminal_and_the_others_are_there(folder, capsys):
    text = report(folder, *(part for part, _ in WRONG.values()), body(note="Good."))
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert len(lines) == len(WRONG)
    assert "Traceback" not in text + out
    for (_, line), shown in zip(WRONG.values(), lines, strict=True):
        assert line in shown
        assert shown.startswith("report: the part ")
    assert text.count("This part is left out. ") == len(WRONG)
    assert "Good." in text
    assert "<h3>Final values</h3>" in text


def test_names_choose_among_our_parts_in_their_order():
    assert choose_parts([]).ours == PARTS
    assert choose_parts(["my.part"]).ours == PARTS
    assert [part_name(part) for part in choose_parts(["regions", "my.part", "cost"]).ours] == ["regions", "cost"]
    assert choose_parts(["regions", "my.part", "cost"]).own == ["my.part"]


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("convergance", "The part `convergance` of `report.parts` does not exist. Did you mean `convergence`?"),
        ("no_such_package.part", r"cannot be imported: ModuleNotFoundError.* Write report.parts=\[package"),
        (f"{HERE}.DATA", "must be a function. Received: DataFrame"),
        (f"{HERE}.two_arguments", "must be a function of one argument, the StudyResult. Received: tests.report"),
    ],
)
def test_parts_are_checked_before_training(part, line):
    with pytest.raises(ConfigError, match=line):
        check_parts([part])


def test_parts_of_python_are_added_and_failures_are_warnings(folder):
    study = load_study("made", folder / "results", folder / "reports")
    with pytest.raises(ConfigError, match="must be a function of one argument"):
        study.add_part(two_arguments)
    with pytest.raises(ConfigError, match=r"or its dotted path. Received: int 3."):
        study.report(parts=["cost", 3])
    study.add_part(body(note="Added."))
    study.add_part(raises)
    with pytest.warns(UserWarning, match=r"the part raises is left out\. .* division by zero"):
        text = study.report(parts=["cost", body(note="Handed over.")]).read_text()
    assert text.index("Handed over.") < text.index("Added.") < text.index("This part is left out.")


def test_the_parts_of_the_documentation_work_as_they_stand(folder, monkeypatch):
    blocks = re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, flags=re.DOTALL)
    for name, code in blocks:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(code)
    monkeypatch.syspath_prepend(folder)
    (trained,) = re.findall(r"^python -m optbench .* report.parts=\[(.*)\]$", PAGE, flags=re.MULTILINE)
    check_parts([trained])
    (command,) = re.findall(r"^python -m optbench.report timed (.*)$", PAGE, flags=re.MULTILINE)
    listed = f"{command.split()[1]},my_package.my_figures.parameters,cost"
    done = optbench_command("made", "--parts", listed, module="optbench.report", cwd=folder)
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stdout
    text = (folder / "reports" / "made" / "index.html").read_text()
    assert "<h3>Time of training</h3>" in text
    assert '<figure data-name="own-2-dots"' in text
    assert set(re.findall(r"`([a-z_]+)`", PAGE.partition("There is: ")[2])) == {part_name(part) for part in PARTS}
