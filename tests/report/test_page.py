"""The page: it depends only on the results, has the same bytes each time, and escapes all names."""

import re
import subprocess
import sys
from io import StringIO
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from matplotlib.figure import Figure

from optbench.errors import StoreError
from optbench.report import svg
from optbench.report.colors import LIGHT, optimizer_colors
from optbench.report.compression import decompress
from optbench.report.page import build
from tests.commands import optbench_command
from tests.conftest import stems
from tests.report.made_up_results import Made, write
from tests.study.test_study import job, study

NASTY = "<script>alert(1)</script>"
MADE = Made(NASTY, optimizers=("sgd", "adam"), rates=(0.1, 0.01, 1e38), seeds=3, points=11)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small study with diverged settings, several settings of each optimizer, and a name that is markup."""
    folder = tmp_path_factory.mktemp("page")
    write(folder / "results", MADE)
    return folder, build(folder / "results", folder / "reports", [NASTY])


def test_equal_results_give_equal_bytes(built):
    folder, page = built
    before = page.read_bytes()
    build(folder / "results", folder / "reports", [NASTY])
    assert page.read_bytes() == before


def test_an_unchanged_report_needs_no_library_that_draws_and_no_report_needs_tensorflow(built):
    folder, page = built
    before = page.read_bytes()
    code = (
        "import sys; from pathlib import Path; from optbench.report.page import build;"
        f"arguments = Path({str(folder / 'results')!r}), Path({str(folder / 'reports')!r}), [{NASTY!r}];"
        "page = build(*arguments);"
        "assert 'matplotlib' not in sys.modules and 'scipy' not in sys.modules;"
        "page.unlink(); build(*arguments);"
        "assert 'matplotlib' in sys.modules;"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert page.read_bytes() == before


def test_names_from_the_configuration_are_escaped(built):
    _, page = built
    text = page.read_text()
    assert text.count("<script") == 1  # our own
    assert "&lt;script&gt;alert(1)" in text
    assert (page.parent.parent / "index.html").read_text().count("<script") == 1


def test_the_page_states_diverged_runs_and_chosen_settings(built):
    text = built[1].read_text()
    assert "6 of 18 runs diverged" in text
    assert re.search(r"3 of 3</span><small>first at step 10<", text)
    assert "chosen from 3 by validation loss on these same seeds, so its value is optimistic" in text
    assert "learning_rate 0.01, schedule constant" in text


def test_every_figure_is_svg_with_a_text_alternative_and_ids_of_its_own(built):
    text = built[1].read_text()
    figures = re.findall(r"<svg class=\"figure.*?</svg>", text, flags=re.DOTALL)
    assert len(figures) == len(re.findall(r"<figcaption><b>[^<]+</b> [^<]{20,}", text))
    ids = [i for figure in figures for i in re.findall(r'\bid="([^"]+)"', figure)]
    assert len(ids) == len(set(ids))
    for figure in figures:
        root = ET.fromstring(figure)
        assert len(root.attrib["aria-label"]) > 20
        used = re.findall(r'(?:href="#|url\(#)([^")]+)', figure)
        assert set(used) <= set(re.findall(r'\bid="([^"]+)"', figure))


ODD_PHRASES = ("told", "flatter", "contender", "it takes", "is said", "that chooses", "a setting", "judged", "Whatever")


def test_the_text_of_the_page_is_plain_english(built):
    text = built[1].read_text().partition("<body>")[2].partition("<script>")[0]
    words = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", text, flags=re.DOTALL)
    assert [phrase for phrase in ODD_PHRASES if phrase in words] == []
    assert words.count("–") == 1  # its legend


def test_every_part_has_an_id_of_its_section_and_its_key(built):
    text = built[1].read_text()
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    keys = re.findall(r'<div class="part" id="problem-0-([a-z-]+)">\n<h3>', text)
    assert keys[:3] == ["final-values", "cost", "convergence"]
    assert {"final-by-seed", "against-baseline", "learning-rate", "step-times", "divergences"} <= set(keys)
    assert len(keys) == text.count("<h3>")


def test_every_figure_has_its_data_in_the_page(built):
    text = built[1].read_text()
    own = dict(re.findall(r'data-name="([^"]+)" data-csv="([^"]+)"', text))
    shared = dict(re.findall(r'data-name="([^"]+)" data-csv-of="([^"]+)"', text))
    assert set(shared.values()) <= set(own)
    assert len(own) + len(shared) == text.count("<figure ")
    assert shared["p0-steps-valid-loss"] == "main-curve"
    assert 'data-csv-of="main-curve" data-shown="valid loss"' in text
    curves = pd.read_csv(StringIO(decompress(own["main-curve"])))
    assert list(curves) == ["setting", "split", "metric", "step", "epoch", "median", "q25", "q75", "seconds"]
    assert len(curves.query("split == 'valid' and metric == 'loss'")) == 2 * 11  # of each optimizer one setting
    assert len(curves) == 2 * 11 * 6
    seeds = pd.read_csv(StringIO(decompress(re.search(r'data-seeds="([^"]+)"', text)[1])))
    assert seeds.groupby(["setting", "split", "metric", "seed"]).size().to_list() == [11] * 2 * 3


def test_figures_take_their_colors_from_the_page(built):
    drawn = "".join(re.findall(r"<svg.*?</svg>", built[1].read_text(), flags=re.DOTALL))
    assert "var(--series-" in drawn
    assert not any(color in drawn for color in LIGHT)
    assert not re.findall(r"(?:fill|stroke): #(?!000000|ffffff)[0-9a-f]{6}", drawn)


def test_markup_in_labels_is_escaped_in_figures():
    figure = Figure()
    figure.add_subplot().set_title(NASTY)
    drawn = svg.figure_to_svg(figure, "p", f'"{NASTY}"')
    assert "<script" not in drawn
    assert ET.fromstring(drawn).attrib["aria-label"] == f'"{NASTY}"'


def test_a_shortened_path_has_the_same_points():
    assert svg.shorten_path("M 1 2 \nL 1.26 1.5 \nL 0.5 10 \n") == "M1 2l.3-.5-.8 8.5"
    assert svg.shorten_path("M 0 0.04 \nL 0 0.08 \nL 0 0.12 \n") == "M0 0l0 .1 0 0"  # rounding errors do not accumulate
    assert svg.shorten_path("M 0 0 \nL 1 1 \nL 2 0 \nz\n") == "M0 0l1 1 1-1z"
    assert svg.shorten_path("M 0 1.66 C 0.44 1 2 3 4.25 5 z") == "M 0 1.7 C 0.4 1 2 3 4.2 5 z"


def test_the_classic_optimizers_have_different_colors():
    colors = optimizer_colors(["adadelta", "adagrad", "adam", "rmsprop", "sgd", "sgdm"])
    assert len(set(colors.values())) == len(colors)
    assert optimizer_colors(["adam"])["adam"] == colors["adam"]
    assert set(optimizer_colors(stems("optimizer")).values()) <= set(LIGHT)


def test_a_report_of_an_unknown_study_is_one_line(built):
    with pytest.raises(StoreError):
        build(built[0] / "results", built[0] / "reports", ["none"])
    done = optbench_command("none", module="optbench.report", cwd=built[0])
    assert done.returncode == 1
    assert done.stderr.startswith("optbench.report: There is no study `none` in results. There is: <script>")
    assert done.stderr.count("\n") == 1


def test_a_study_without_finished_runs_has_a_page(tmp_path):
    write(tmp_path / "results", Made(optimizers=("sgd",), rates=(1e38,), seeds=3, timed=False))
    assert "3 of 3 runs diverged" in build(tmp_path / "results", tmp_path / "reports", ["made"]).read_text()


def test_a_study_without_readable_results_states_it(tmp_path):
    this = study()
    this.add([job(tmp_path)])
    assert this.finish() == 0
    for path in (tmp_path / "results" / "runs").glob("*.parquet"):
        path.write_bytes(path.read_bytes()[:100])
    text = build(tmp_path / "results", tmp_path / "reports", ["trial"]).read_text()
    assert "<h1>No results yet</h1>" in text
    assert "3 runs of this study have no results. The same command trains them." in text
    assert "is skipped: its content is not what was written" in text
