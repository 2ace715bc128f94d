"""``published`` and ``published_from``: numbers of papers that are drawn beside one's own curves."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from optbench.cli.experiments import compose_job
from optbench.errors import ConfigError
from optbench.report.contents import draw_section, problem_section
from optbench.report.figures.canvas import ReferenceLine, draw_reference_lines, label_reference_lines, spread
from optbench.results.study_json import from_json, to_json
from optbench.spec.deepobs import BASELINES
from optbench.study.read_job import read_job
from tests.report.made_studies import made

LINE = {"label": "paper", "metric": "loss", "split": "test", "value": 1.0, "source": "page 3"}


def published(*overrides):
    return read_job(compose_job(list(overrides))).published


def test_the_deepobs_experiments_carry_what_was_published_of_them():
    values = published("experiment=deepobs_quadratic_deep")
    assert [(v.label, v.value, v.deviation) for v in values] == [
        ("SGD (DeepOBS)", 87.3975, 0.1690),
        ("Momentum 0.99 (DeepOBS)", 87.0450, 0.0252),
        ("Adam (DeepOBS)", 87.1119, 0.0242),
    ]
    assert {(v.metric, v.split, v.seeds, v.epochs, v.batch_size) for v in values} == {("loss", "test", 10, 100, 128)}
    assert all("fixed order" in v.note and "last batch" in v.note and "DeepOBS" in v.source for v in values)
    assert [v.value for v in published("experiment=deepobs_cifar10_3c3d")] == [0.8371, 0.8441, 0.8475]
    assert [v.metric for v in published("experiment=deepobs_fmnist_2c2d")] == ["accuracy"] * 3
    assert [v.value for v in published("experiment=deepobs_mnist_vae")] == [38.4561, 52.9271, 27.8308]
    assert [v.value for v in published("experiment=deepobs_fmnist_vae")] == [23.799, 59.23, 23.074]


@pytest.mark.parametrize("overrides", [
    ("experiment=deepobs_mnist_2c2d",),  # of which the baselines have no run
    ("experiment=deepobs_quadratic_deep", "published_from=null"),
    ("experiment=deepobs_fmnist_2c2d", "dataset=mnist"),  # another problem than the experiment's
    (),
])  # fmt: skip
def test_nothing_is_drawn_where_nothing_was_published(overrides):
    assert list(published(*overrides)) == []


def test_the_list_is_drawn_beside_what_the_experiment_carries():
    line = "{label: paper, metric: loss, split: test, value: 87.0, source: page 3}"
    assert [v.label for v in published("experiment=deepobs_quadratic_deep", f"published=[{line}]")][:2] == [
        "paper",
        "SGD (DeepOBS)",
    ]


WRONG = {
    "published_from=paper": "`published_from` must be deepobs or null. Received: published_from=paper.",
    "published_from=deepobs": "has no numbers of dataset=digits model=mlp, but of experiments such as deepobs_cifar10",
    "published=[{metric: acuracy}]": r"`published\[0\].metric=acuracy` does not exist. Did you mean `accuracy`",
    "published=[{metric: accuracy, value: 92.3}]": r"`published\[0\].value` must be from 0 to 1. Received: published",
    "published=[{metric: top_5_accuracy, value: -0.1}]": "must be from 0 to 1",
    "published=[{value: .nan}]": "must be a finite number",
    "published=[{value: .inf}]": "must be a finite number",
    "published=[{metric: rmse, value: -1}]": "must be at least 0",
    "published=[{deviation: -1}]": r"`published\[0\].deviation` must be at least 0",
    "published=[{split: dev}]": r"`published\[0\].split`",
    "published=[{value: many}]": r"`published\[0\].value`",
    "published=[{years: 3}]": r"`published\[0\].years` does not exist",
    "published=paper": "`published` must be a list",
}


@pytest.mark.parametrize("override", WRONG)
def test_wrong_numbers_are_refused_in_one_line(override):
    if "{" in override:
        kept = ", ".join(f"{key}: {value}" for key, value in LINE.items() if f"{key}:" not in override)
        override_with_rest = override.replace("[{", f"[{{{kept}, ")
    else:
        override_with_rest = override
    name, _, text = override_with_rest.partition("=")
    with pytest.raises(ConfigError, match=WRONG[override]) as caught:
        published(f"{name}={text.replace('.nan', 'nan').replace('.inf', 'inf')}")
    assert "\n" not in str(caught.value)


def test_a_metric_of_ones_own_is_known_if_it_is_recorded():
    line = "{label: a, metric: top_3_accuracy, split: test, value: 0.5, source: b}"
    assert published(f"published=[{line}]")[0].metric == "top_3_accuracy"


def test_a_study_file_keeps_bands_and_reads_older_ones_without():
    entry = {**LINE, "deviation": 0.1, "seeds": 10, "setting": "learning rate 0.1", "epochs": 100, "note": "Fixed."}
    data = made(changed={"published": {"digits_mlp": [entry, LINE]}})
    values = from_json(to_json(data.study)).problem("digits_mlp").published
    assert (values[0].deviation, values[0].seeds, values[1].deviation, values[1].note) == (0.1, 10, 0.0, "")


def test_the_page_has_the_values_with_their_deviation_and_their_caveats():
    entry = {**LINE, "value": 0.3, "deviation": 0.01, "seeds": 10, "epochs": 100, "note": "<b>One</b> fixed order."}
    data = made(changed={"published": {"digits_mlp": [entry]}})
    (section,) = [problem_section(scope) for scope in data.scopes.values()]
    (part,) = [part for part in draw_section(section).parts if part.key == "convergence"]
    assert part.body.note.endswith("one standard deviation over seeds on either side. <b>One</b> fixed order.")
    (table,) = part.body.tables
    assert [cell.text for cell in table.rows[0].cells[:3]] == ["test loss", "0.3 ± 0.01", "10"]


def test_a_published_line_is_drawn_in_a_band_of_its_deviation():
    axes = Figure().add_subplot()
    lines = [ReferenceLine("a", 2.0, 0.5), ReferenceLine("b", 3.0)]
    draw_reference_lines(axes, lines)
    assert [line.get_ydata()[0] for line in axes.lines] == [2.0, 3.0]
    (band,) = axes.patches
    assert (band.get_y(), band.get_height()) == (1.5, 1.0)
    assert to_hex(band.get_facecolor()) == to_hex(axes.lines[0].get_color())


@pytest.mark.parametrize("values", [[87.0450, 87.1119, 87.3975], [0.5, 99.9, 100.0], [0.0, 0.1, 100.0], [50.0] * 6])
def test_labels_of_close_lines_do_not_overlap_and_keep_the_order_of_the_lines(values):
    axes = Figure(figsize=(3.7, 2.7)).add_subplot()
    axes.set_ylim(0, 100)
    lines = [ReferenceLine(str(number), value) for number, value in enumerate(values)]
    label_reference_lines(axes, lines[::-1])
    placed = {text.get_text(): text.get_position()[1] for text in axes.texts}
    heights = np.array([placed[line.label] for line in lines])
    assert np.diff(np.sort(heights)).min() > 0.05
    assert heights.max() <= 1
    if len(set(values)) == len(values):
        assert (np.diff(heights) > 0).all()


def test_labels_that_are_far_apart_stay_at_their_lines():
    assert spread([0.1, 0.5, 0.9], 0.05, 0.95) == [0.1, 0.5, 0.9]
    assert spread([0.1, 0.11, 0.9], 0.05, 0.95) == pytest.approx([0.1, 0.15, 0.9])


def test_every_row_has_three_optimizers_and_a_deviation():
    assert all(len(found.rows) == 3 for found in BASELINES.values())
    assert all(row.deviation > 0 for found in BASELINES.values() for row in found.rows)
    assert BASELINES["mnist", "vae"].rows[0].note != ""
