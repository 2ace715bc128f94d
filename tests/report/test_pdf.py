"""Figures for LaTeX: an embedded font as used in papers."""

from matplotlib.figure import Figure

from optbench.report.blocks import LegendEntry
from optbench.report.pdf import write_pdf


def test_all_text_of_a_figure_is_in_the_embedded_serif_font(tmp_path):
    figure = Figure(figsize=(3.7, 2.7))
    axes = figure.subplots()
    axes.plot([0.0, 1.0], [1.0, 2.0])
    axes.set(xlabel="steps × time, µs", title="−1 ≤ loss")
    write_pdf(figure, [LegendEntry("#2f6fc4", "sgd")], tmp_path / "figure.pdf")
    content = (tmp_path / "figure.pdf").read_bytes()
    assert b"STIXGeneral" in content
    assert b"DejaVu" not in content
    assert b"/FontFile2" in content
