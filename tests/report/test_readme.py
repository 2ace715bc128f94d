"""``reports/README.md`` agrees with the code, and does not appear among the reports."""

import pytest

from optbench.report.csv_tables import CSV_TABLES
from optbench.report.page import build
from tests import folder_readmes
from tests.report.made_up_results import Made, write


def test_the_readme_is_the_generated_one():
    assert folder_readmes.REPORTS.read_text(encoding="utf8") == folder_readmes.reports_readme()


@pytest.mark.parametrize("table", CSV_TABLES, ids=lambda table: table.name)
def test_every_column_is_unique_and_has_a_meaning(table):
    assert len({column.name for column in table.columns}) == len(table.columns)
    assert all(column.meaning.endswith(".") and "|" not in column.meaning for column in table.columns)


def test_every_page_in_git_has_a_row():
    pages = {path.parent.name for path in folder_readmes.ROOT.glob("reports/*/index.html")}
    assert {"example", "showdown", "certificates", "own-data", "before-after", "tabular-mlp"} <= pages
    assert [row[1] for row in folder_readmes.page_rows()] == [
        "`make example`",
        "`make showdown`",
        "`make certificates`",
        "`make own-data`",
        "`make before-after`",
        "`make tabular-mlp`",
    ]


def test_the_index_of_reports_is_the_same_beside_a_readme(tmp_path, reports_without_figures):
    write(tmp_path / "results", Made("small", optimizers=("sgd", "adam"), seeds=3, points=5))
    texts = []
    for name in ("without", "with"):
        reports = tmp_path / name
        reports.mkdir()
        if name == "with":
            (reports / "README.md").write_text("# reports/\n")
        build(tmp_path / "results", reports, ["small"])
        texts.append((reports / "index.html").read_text(encoding="utf8"))
    assert texts[0] == texts[1]
    assert (reports / "README.md").read_text() == "# reports/\n"
