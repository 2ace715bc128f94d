"""``results/README.md`` and ``reports/README.md``: ``python -m tests.folder_readmes`` writes them (make readmes).

columns, study keys   optbench/results/schemas.py
CSV tables            optbench/report/csv_tables.py
commands              Makefile
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from optbench.report.csv_tables import CSV_TABLES, HYPERPARAMETER
from optbench.results.schemas import (
    ARRAY_COLUMNS,
    CURVE_COLUMNS,
    LABEL_COLUMNS,
    RUN_COLUMNS,
    STUDY_FILE,
    TIMING_COLUMNS,
    Column,
)

ROOT = Path(__file__).resolve().parent.parent
RESULTS, REPORTS = ROOT / "results" / "README.md", ROOT / "reports" / "README.md"
COLUMNS = ("column", "type", "unit", "meaning")
RESULT_FILES = (
    ("runs/*.parquet", "How each run ended: [runs](#runs)."),
    ("curves/*.parquet", "The metrics at each evaluation point: [curves](#curves)."),
    (
        "arrays/*.parquet",
        "Paths on test functions and decision regions, for problems that have them: [arrays](#arrays).",
    ),
    ("timings/*.parquet", "The time of one training step of each setting: [timings](#timings)."),
    ("studies/<name>.json", "The runs of a study and their labels: [study files](#study-files)."),
    ("logs/<name>.log", "The log of a study."),
    (
        "finished/<key>.json",
        "The outcome of a command, shown by the same command as long as nothing that it depends on changed. A cache.",
    ),
    ("weights/<run_id>.npz", "With `weights.save=true`: the final weights of a run, one array per tensor."),
    ("weights/<run_id>.txt", "The same as text. `python -m optbench.weights` shows them."),
    (
        "checkpoints/<run_id>/step-<step>.npz",
        "With `checkpoint.every=...`: the state of a run after so many steps, from which an interrupted run resumes.",
    ),
    (
        "quarantine/<table>-<file>",
        "Damaged files that `python -m optbench.results repair` set aside. Their runs are trained again.",
    ),
    ("<file>.sha256", "The SHA-256 of a file, verified on reading. `sha256sum -c` checks it, too."),
    (".lock, .serial, .pruned", "The lock of the folder, the next `serial`, and how often runs were removed."),
)
RESULTS_TEXT = """# results/

Studies write their results to this folder; `results_dir=...` chooses another one. Only this file is in git. It is
generated: `make readmes` writes it, and a test compares it with the code.

{files}

Files with the same name in `runs/`, `curves/` and `arrays/` belong together. They hold the runs of one shard, or of all
shards of a study after they were merged. `<name>` is the name of the study, in which characters other than letters,
digits and `_-. +,=@` are written as `~` and a hexadecimal code. A file appears only when it is complete.

`python -m optbench.results` lists the studies and their runs. `python -m optbench.results prune` removes runs that no
study names, with their weights and checkpoints. The folder may be copied, moved or deleted as a whole.
Two folders are merged by copying the files of one into the other. Of several rows of one run, the one with the highest
`serial` is current, then the one with the latest `started_at`, then the last by file name.

`optbench.load` reads the tables. It adds the labels of the study and the hyperparameters to `runs`:

```python
import optbench

runs, curves = optbench.load("results", study="notes")
```

{labels}

## runs

One row per run. A run has several rows if it failed or was interrupted and then trained again, or if it was trained
again with `force=true`. The latest row is valid, but a row with status `done` or `diverged` takes precedence over the
others. In rows of failed runs, `initial_loss`, `fingerprint`, `compile_s`, `train_s` and `eval_s` are null.

{runs}

## curves

One row per run, evaluation point, split and metric. The curve of a diverged run ends before the step at which it
diverged.

{curves}

## arrays

One row per array. `numpy.reshape(values, shape)` restores it.

{arrays}

## timings

One row per measurement of a setting. The latest one of each problem, setting and compile mode is valid.

{timings}

## Study files

JSON with these keys. Files of older versions may lack keys that are not marked.

{study}
"""
CSV_LINKS = ", ".join(f"[{table.name}.csv](#{table.name}csv)" for table in CSV_TABLES)
REPORT_FILES = (
    ("index.html", "The list of all studies that have a report."),
    (
        "<name>/index.html",
        "The report of a study: one self-contained page. `report.format=[html]` (the default).",
    ),
    ("<name>/report.md", "Its main tables as Markdown. `report.format=[md]`."),
    ("<name>/*.csv", f"Its data: {CSV_LINKS}. `report.format=[csv]`."),
    (
        "<name>/figures/*.pdf",
        "Its figures for LaTeX. `python -m optbench.report <name> --figures pdf`.",
    ),
    ("<name>/.drawn.json", "A digest of what the page was drawn from: it is drawn again where that changed. A cache."),
)
REPORTS_TEXT = """# reports/

Studies write their reports to this folder; `reports_dir=...` chooses another one. Only this file and the pages below
are in git. This file is generated: `make readmes` writes it, and a test compares it with the code.

{files}

`<name>` is the name of the study, written as in [results/](../results/README.md). `python -m optbench.report <name>`
builds a report again from its results, and with several names one report of all of them. Equal results give equal
bytes. A report may be moved or deleted: nothing reads it.

Each figure of a page has three buttons, which save its data as CSV and the figure as SVG or PNG. The PDF files have the
same names: `p0-steps-valid-loss.pdf` is the validation loss by steps on the first problem.

## Pages in git

{pages}

`certificates/certificates.json` and `showdown/steps.json` hold the numbers of these pages that the table of rules in
[README.md](../README.md) repeats.

## CSV files

Numbers have five significant digits. Missing values are empty, infinite ones are `inf`.

{tables}
"""


def results_readme() -> str:
    """Return the text of ``results/README.md``."""
    hyperparameter = HYPERPARAMETER._replace(meaning=HYPERPARAMETER.meaning.replace("Empty", "NaN"))
    keys = [(f"`{key.name}`{' (always)' if key.required else ''}", key.meaning) for key in STUDY_FILE]
    return RESULTS_TEXT.format(
        files=file_table(RESULT_FILES),
        labels=column_table([*LABEL_COLUMNS, hyperparameter]),
        runs=column_table(RUN_COLUMNS),
        curves=column_table(CURVE_COLUMNS),
        arrays=column_table(ARRAY_COLUMNS),
        timings=column_table(TIMING_COLUMNS),
        study=markdown_table(("key", "meaning"), keys),
    )


def reports_readme() -> str:
    """Return the text of ``reports/README.md``."""
    tables = [f"### {table.name}.csv\n\n{table.rows}\n\n{column_table(table.columns)}" for table in CSV_TABLES]
    return REPORTS_TEXT.format(
        files=file_table(REPORT_FILES),
        pages=markdown_table(("page", "command", "it runs"), page_rows()),
        tables="\n\n".join(tables),
    )


def file_table(files: Iterable[tuple[str, str]]) -> str:
    """Return a table of files and their content."""
    return markdown_table(("file", "content"), [(f"`{path}`", content) for path, content in files])


def column_table(columns: Iterable[Column]) -> str:
    """Return a table of columns."""
    return markdown_table(COLUMNS, [(f"`{c.name}`", type_name(c), c.unit or "–", c.meaning) for c in columns])


def type_name(column: Column) -> str:
    """Return the name of the type of a column: ``text``, ``int64``, ``float64``, ``bool``, ``list of int64``."""
    names = {"string": "text", "double": "float64"}
    whole = str(column.type)
    found = re.fullmatch(r"list<\w+: (\w+)>", whole)
    return f"list of {names.get(found[1], found[1])}" if found else names.get(whole, whole)


def page_rows() -> list[tuple[str, str, str]]:
    """Return for each page in git the make target and the first command that it runs."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf8")
    names = re.findall(r"^!/reports/([\w-]+)/$", (ROOT / ".gitignore").read_text(encoding="utf8"), re.MULTILINE)
    rows = []
    for name in names:
        command = re.search(rf"^{name}:.*\n\t\$\(BIN\)/(.*)$", makefile, re.MULTILINE)
        assert command is not None, f"the Makefile has no target {name}"
        rows.append((f"[{name}]({name}/index.html)", f"`make {name}`", f"`{expand(command[1])}`"))
    return rows


def expand(command: str) -> str:
    """Replace the variables of the Makefile in a command by words."""
    words = {"$(RULES)": "<every rule>", "$(PEERS)/bin/python": "<a Python with the other libraries>"}
    for variable, word in words.items():
        command = command.replace(variable, word)
    return command


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> None:
    """Write both files."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(results_readme(), encoding="utf8")
    REPORTS.write_text(reports_readme(), encoding="utf8")


if __name__ == "__main__":
    main()
