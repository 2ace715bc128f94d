"""A study in Python: tables, figures, the recommended setting, text and HTML, on results from a formula."""

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import optbench as ob
from optbench.analysis.paired_comparison import COLUMNS
from optbench.api.tables import LEADERBOARD
from optbench.report.blocks import Body, Drawing, Part, View
from tests.report.made_up_results import Made, write

RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 3.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A results folder with made-up studies."""
    path = tmp_path_factory.mktemp("studies")
    write(path, Made(name="one", rates=RATES))
    write(path, Made(name="two", problems=("digits_mlp", "iris_mlp")))
    write(path, Made(name="alone", optimizers=("adam",), seeds=2))
    write(path, Made(name="lost", optimizers=("adam", "sgd"), rates=(3.0,)))
    return path


@pytest.fixture(scope="module")
def one(folder):
    """A study of three optimizers at seven learning rates on one problem."""
    return ob.load_study("one", folder)


def test_the_leaderboard_is_sorted_by_what_decides(one):
    table = one.leaderboard
    assert list(table.columns) == LEADERBOARD
    assert table["median"].is_monotonic_increasing
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["is_best"].tolist() == [True, False, False]
    assert set(table["metric"]) == {"valid.loss"}
    values = one.curves[(one.curves["split"] == "valid") & (one.curves["metric"] == "loss")]
    final = values[values["step"] == values["step"].max()].groupby("setting", observed=True)["value"].median()
    assert table["median"].tolist() == pytest.approx(final[table["setting"]].tolist())
    pairs = one.pairs.set_index("contender")
    assert table["p_value"].tolist()[1:] == pairs.loc[table["optimizer"][1:], "p_holm"].tolist()
    assert table["differs_from_best"].tolist()[1:] == (pairs.loc[table["optimizer"][1:], "mark"] == "worse").tolist()


def test_tables_have_their_documented_columns(one):
    assert list(one.pairs.columns) == COLUMNS
    assert set(one.pairs["baseline"]) == {one.leaderboard["optimizer"][0]}
    assert {"run_id", "step", "split", "metric", "value", "setting", "seed", "role"} <= set(one.curves.columns)
    assert len(one.curves) == len(one.result.curves)
    assert one.runs is one.result.runs
    assert one.trials.empty
    assert one.verdict.lead
    assert one.name == "one"


def test_the_best_setting_is_the_first_of_the_leaderboard(one):
    best, first = one.best, one.leaderboard.iloc[0]
    assert (best.optimizer, best.setting, best.value) == (first["optimizer"], first["setting"], first["median"])
    assert best.metric == "valid.loss"
    assert best.hyperparameters["learning_rate"] in RATES
    assert best.is_significant == bool(one.leaderboard["differs_from_best"][1:].all())
    assert best == one.best_setting("digits_mlp")
    assert type(best.keras_optimizer()).__name__.lower() == best.optimizer


def test_the_best_setting_of_one_optimizer_can_be_asked_for(one, folder):
    second = one.leaderboard.iloc[1]
    best = one.best_setting(optimizer=second["optimizer"])
    assert (best.optimizer, best.setting, best.value) == (second["optimizer"], second["setting"], second["median"])
    assert not best.is_significant
    assert one.best_setting(optimizer=one.best.optimizer) == one.best
    with pytest.raises(ob.ConfigError, match=r"^`optimizer=adm` does not exist\. Did you mean `adam`\?"):
        one.best_setting(optimizer="adm")
    with pytest.raises(ob.StoreError, match=r"^No setting can be recommended: "):
        ob.load_study("lost", folder).best_setting(optimizer="adam")


def test_the_range_of_learning_rates_keeps_95_percent_of_the_improvement(one):
    low, high = one.best.learning_rate_range
    curves = one.curves[(one.curves["split"] == "valid") & (one.curves["metric"] == "loss")]
    curves = curves[curves["optimizer"] == one.best.optimizer].merge(one.runs[["run_id", "hp.learning_rate"]])
    start = curves[curves["step"] == 0]["value"].median()
    final = curves[curves["step"] == curves["step"].max()].groupby("hp.learning_rate")["value"].median()
    kept = (start - final) / (start - final.min())
    good = kept[kept >= 0.95].index
    assert low <= one.best.hyperparameters["learning_rate"] <= high
    assert (low, high) == (min(good), max(good))
    assert low > min(RATES) or high < max(RATES)


def test_of_several_problems_one_can_be_chosen(folder):
    study = ob.load_study("two", folder)
    assert study.best_setting("iris_mlp").problem == "iris_mlp"
    assert study.best.optimizer == study.leaderboard.groupby("optimizer")["rank"].mean().idxmin()
    with pytest.raises(ob.ConfigError, match=r"^`problem=iris` does not exist\. Did you mean `iris_mlp`\?"):
        study.best_setting("iris")
    with pytest.raises(ob.ConfigError, match=r"^`problem=iris` does not exist\."):
        study.figure("convergence", problem="iris")


def test_one_optimizer_is_the_best_and_not_significantly(folder):
    study = ob.load_study("alone", folder)
    assert (study.best.optimizer, study.best.is_significant, study.best.learning_rate_range) == ("adam", False, None)
    assert study.pairs.empty
    assert len(study.leaderboard) == 1


def test_where_every_run_diverged_there_is_no_best(folder):
    study = ob.load_study("lost", folder)
    assert (study.leaderboard["diverged"] == 8).all()
    assert np.isinf(study.leaderboard["median"]).all()
    with pytest.raises(ob.StoreError, match=r"^No setting can be recommended: "):
        _ = study.best
    assert "<table>" in study._repr_html_()


def test_each_figure_of_the_report_can_be_drawn_by_name(one):
    assert one.figures[:4] == ["convergence", "convergence-by-time", "final-by-seed", "against-baseline"]
    assert one.figures[4:] == ["learning-rate", "step-times", "step-ratio", "divergences"]
    assert isinstance(one.figure("final-by-seed"), Figure)
    assert one.figure("convergence")._suptitle.get_text() == "digits_mlp: validation loss"
    assert one.figure("convergence", metric="test.accuracy")._suptitle.get_text() == "digits_mlp: test accuracy"
    image, size = one.figure("convergence")._repr_png_()
    assert image.startswith(b"\x89PNG")
    assert 300 < size["width"] < 450
    assert 250 < size["height"] < 400
    texts = [text.get_text() for text in one.figure("convergence").legends[0].get_texts()]
    assert len(texts) == 3
    with pytest.raises(
        ob.ConfigError, match=r"^The figure `convergense` does not exist\. Did you mean `convergence`\?"
    ):
        one.figure("convergense")
    with pytest.raises(ob.ConfigError, match=r"^`metric=f1` is not among the figures of `convergence`\. There is: "):
        one.figure("convergence", metric="f1")


def test_a_figure_is_drawn_into_given_axes(one, folder):
    figure = Figure(figsize=(9, 4))
    for axes, kind in zip(figure.subplots(2, 4).flat, one.figures, strict=True):
        assert one.figure(kind, ax=axes) is figure
        assert axes.get_title(loc="left").startswith("digits_mlp: ")
        assert axes.lines or axes.collections or axes.patches
    assert len(figure.axes) == len(one.figures), "none is added"
    assert tuple(figure.get_size_inches()) == (9, 4)
    curves = figure.axes[0]
    assert [text.get_text() for text in curves.get_legend().get_texts()] == list(one.leaderboard["setting"])
    epochs, title = max(text.get_position()[1] for text in curves.texts), curves._left_title.get_position()[1]
    assert 1 < epochs < title
    axes = Figure().subplots()
    one.figure("convergence", "test.accuracy", axes)
    assert axes.get_title(loc="left") == "digits_mlp: test accuracy"
    ob.load_study("two", folder).figure("ranks", ax=axes)
    assert axes.get_title(loc="left") == "rank on each problem"
    assert one.figure("convergence") is not figure, "the next one is its own again"


def test_axes_must_be_axes_and_a_setting_one_of_a_figure(one):
    with pytest.raises(ob.ConfigError, match=r"^`ax` must be one Axes of matplotlib\. Received: ndarray of shape"):
        one.figure(ax=Figure().subplots(1, 2))
    with pytest.raises(ob.ConfigError, match=r"^`setting` belongs to figures of one setting\. Received: setting=sgd "):
        one.figure(setting="sgd")


def test_figures_of_one_setting_are_asked_for_by_its_label(tmp_path, monkeypatch):
    drawing = Drawing("p0-paths-adam", "adam", "", "", pd.DataFrame(), lambda: Figure())
    views = [View("", [drawing, drawing._replace(title="sgd, seed 3"), drawing._replace(title="rmsprop")])]
    part = Part("paths", "Paths", Body(views=views))
    monkeypatch.setattr("optbench.api.figures.PARTS", (lambda scope: part,))
    write(tmp_path, Made(name="three", seeds=2, points=3))
    study = ob.load_study("three", tmp_path)
    assert study.figures == ["paths"]
    titles = [study.figure("paths", setting=name)._suptitle.get_text() for name in ("sgd", "rmsprop", None)]
    assert titles == ["digits_mlp: sgd, seed 3", "digits_mlp: rmsprop", "digits_mlp: adam"]
    with pytest.raises(ob.ConfigError, match=r"^`setting=adm` does not exist\. Did you mean `adam`\?"):
        study.figure("paths", setting="adm")


@pytest.mark.usefixtures("drawn_reports")
def test_the_report_is_written_where_it_is_asked_for(folder, tmp_path):
    study = ob.load_study("alone", folder, tmp_path)
    assert study.report(formats=["md"]) == tmp_path / "alone" / "index.html"
    assert [path.name for path in (tmp_path / "alone").glob("[!.]*")] == ["report.md"]
    with pytest.raises(ob.ConfigError, match=r"^`formats` must be of html, md, csv and tex\. Received: \('pdf',\)\.$"):
        study.report(formats=("pdf",))
    with pytest.raises(ob.ConfigError, match=r"^`formats` must be of html, md, csv and tex\. Received: None"):
        study.report(formats=None)
    with pytest.raises(ob.ConfigError, match="The part `nope`"):
        study.report(parts="nope")
    with pytest.raises(ob.ConfigError, match=r"^`report\.baseline` must be one of adam\."):
        study.report(baseline="sgd")


def test_a_study_is_three_lines_of_text(one):
    lines = repr(one).split("\n")
    assert len(lines) == 3
    assert lines[0] == "Study 'one': 168 runs of 21 settings on 1 problem, 24 diverged"
    assert lines[1] == one.verdict.lead


def test_a_study_is_html_for_light_and_dark_notebooks(one, folder):
    html = one._repr_html_()
    body = html[html.index("<p>") : html.rindex("</div>")]
    root = ElementTree.fromstring(f"<div>{body}</div>".replace('xmlns="http://www.w3.org/2000/svg"', ""))
    answer = one.verdict.paragraphs
    assert len(answer) > 2
    assert ["".join(element.itertext()) for element in root.findall("p")] == [*answer, repr(one).split("\n")[0]]
    assert [element.tag for element in root if element.tag != "p"] == ["table", "figure", "ul"]
    assert len(root.findall("./table/tbody/tr")) == 3
    assert root.find("figure/svg").get("aria-label").startswith("validation loss")
    assert "prefers-color-scheme: dark" in html
    assert "data-jp-theme-light='false'" in html
    assert html == ob.load_study("one", folder)._repr_html_()


def test_names_of_the_user_are_escaped(tmp_path):
    write(tmp_path, Made(name="<b>", problems=("<i>_mlp",), optimizers=("<script>", "sgd"), seeds=2, points=3))
    html = ob.load_study("<b>", tmp_path)._repr_html_()
    assert "<script>" not in html
    assert "<i>_mlp" not in html
    assert "&lt;script&gt;" in html


def test_there_must_be_such_a_study(tmp_path):
    with pytest.raises(ob.StoreError, match=r"^There is no study `none` in .*There is: none\.$"):
        ob.load_study("none", tmp_path)
    with pytest.raises(ob.ConfigError, match=r"^`name` of a study must be a string or a path\. Received: int 3\.$"):
        ob.load_study(3, tmp_path)
