"""LaTeX tables: the numbers and marks of the page, escaped."""

import pytest

from optbench.cli.report import parser
from optbench.report.blocks import Cell, Row, Table
from optbench.report.page import PageOptions, build
from optbench.report.tex import escape_tex, format_table
from tests.report.made_up_results import Made, write

TABLE = Table(
    "of digits_mlp",
    ["optimizer", "loss", "curve", "from best, %"],
    [
        Row("sgd_1", [Cell("0.5", "0.4 to 0.6"), Cell("", path="M0 0"), Cell("best")]),
        Row("adam", [Cell("∞"), Cell("", path="M0 0"), Cell("−0.3", "significant, p = 0.02", "significant")]),
    ],
)


def test_a_table_has_rules_of_booktabs_details_and_stars():
    assert format_table(TABLE).splitlines() == [
        "% of digits_mlp",
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r"optimizer & loss & from best, \% \\",
        r"\midrule",
        r"sgd\_1 & 0.5 {\scriptsize (0.4 to 0.6)} & best \\",
        r"adam & $\infty$ & $-$0.3$^{*}$ {\scriptsize (p = 0.02)} \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\\b{c}", r"a\textbackslash{}b\{c\}"), ("50 %\n& $x_1^2$", r"50 \% \& \$x\_1\textasciicircum{}2\$")],
)
def test_text_is_escaped(text, expected):
    assert escape_tex(text) == expected


def test_the_report_has_a_tex_file_with_all_main_tables(tmp_path):
    assert parser().parse_args(["x", "--format", "tex,md"]).format == ["tex", "md"]
    write(tmp_path / "results", Made("100% &\nname", optimizers=("sgd", "adam"), seeds=8, points=5))
    options = PageOptions(format=["tex"])
    folder = build(tmp_path / "results", tmp_path / "reports", ["100% &\nname"], options=options).parent
    lines = (folder / "report.tex").read_text().splitlines()
    assert sum(line == r"\begin{tabular}" or line.startswith(r"\begin{tabular}") for line in lines) >= 4
    assert lines.count(r"\toprule") == lines.count(r"\bottomrule")
    content = [line for line in lines if line and not line.startswith("%")]
    assert all(line.startswith("\\") or line.endswith("\\\\") for line in content)
    assert not (folder / "index.html").exists()
