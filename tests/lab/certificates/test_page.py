"""The page of certificates: complete, escaped, readable; and the one in the repository."""

import json
import re

import pytest

from optbench.errors import ConfigError
from optbench.lab.certificates.cells import certificate_cells, format_json
from optbench.lab.certificates.page import format_values, render_page, write_page
from optbench.lab.rules import known_rules
from tests.conftest import ROOT
from tests.lab.certificates.examples import CONVERTED, NOTHING_DIFFERS, SMALLEST, comparison, cross_check

KEPT = ROOT / "reports" / "certificates"
ALL = cross_check(
    comparison(CONVERTED, same=0.1, equal=1e-15, smallest=SMALLEST),
    comparison(NOTHING_DIFFERS, library="Optax"),
    versions={"Keras": "3.15.1", "Optax": "0.2.8"},
    oracles={"adam": 2e-15},
)


def text_of(html):
    return " ".join(re.sub(r"<[^>]*>", " ", html.partition("<body>")[2]).split())


def test_a_certificate_says_what_was_measured_and_why():
    text = text_of(render_page(["adam"], ALL))
    for words in (
        "Kingma and Ba",
        "outside the root, beside the corrected",
        "There is no weight decay.",
        "keras.optimizers.Adam(learning_rate=0.001)",
        "Keras has eps elsewhere. Made equal: eps too small to show.",
        "same as Optax; Keras: eps",
        "2e-15 from tests/optimizers/rules/adam.py",
        "One number, two steps",
        "[-0.1, 0.25]",
    ):
        assert words in text


def test_a_variant_has_a_row_of_its_own_with_the_call_of_our_rule():
    variant = NOTHING_DIFFERS._replace(variant="with betas", ours={"b1": 0.5, "betas": [0.5, 0.9]})
    result = cross_check(comparison(), comparison(variant, same=2e-15))
    text = text_of(render_page(["adam"], result))
    assert text.count("Keras, with betas") == 2
    assert "ob.optimizer(&#39;adam&#39;, b1=0.5, betas=(0.5, 0.9))" in text
    assert list(json.loads(format_json(["adam"], result))["found"]["adam"]) == ["Keras", "Keras, with betas"]


def test_a_rule_that_raised_an_error_has_a_row_without_numbers():
    failed = comparison(failure="TypeError: x")._replace(same={})
    assert "Keras raised an error: TypeError: x." in text_of(render_page(["adam"], cross_check(failed)))


def test_what_was_not_compared_is_named():
    assert "not installed here: PyTorch, pytorch-optimizer" in text_of(render_page(["adam"], ALL))
    assert "not compared with float64 oracles" in text_of(render_page(["adam"], cross_check(comparison())))
    everything = dict.fromkeys(("Keras", "PyTorch", "Optax", "pytorch-optimizer"), "1")
    assert "not installed" not in text_of(render_page(["adam"], cross_check(comparison(), versions=everything)))


def test_unexplained_differences_are_at_the_top():
    text = text_of(render_page(["adam"], cross_check(comparison(same=0.3))))
    assert text.index("These differences are unexplained") < text.index("All rules")


def test_all_texts_of_the_page_are_escaped():
    evil = comparison(failure="<script>alert(1)</script>", library="Optax")
    html = render_page(
        ["adam"], cross_check(evil, comparison(CONVERTED._replace(note="<b>`x`</b>"), same=0.1, equal=0.0))
    )
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "&lt;b&gt;<code>x</code>&lt;/b&gt;" in html


def test_the_page_loads_nothing(tmp_path):
    html = write_page(tmp_path, ["adam"], ALL).read_text(encoding="utf8")
    assert not re.search(r"""(src|href)=["'](?!#|data:)|url\(|@import""", html)


@pytest.mark.parametrize(
    ("values", "text"),
    [([1.0], "1"), ([[-0.5]], "-0.5"), ([-0.0], "0"), ([[1 / 3, 2.0]], "[[0.333333, 2]]"), (1e-8, "1e-08")],
)
def test_numbers_have_six_digits(values, text):
    assert format_values(values) == text


def test_cells_can_be_read_back(tmp_path):
    write_page(tmp_path, ["adam", "sgd"], ALL)
    cells = certificate_cells(tmp_path / "certificates" / "certificates.json")
    assert cells == {"adam": "same as Optax; Keras: eps", "sgd": "no reference"}


@pytest.mark.parametrize("content", [None, "{", "[]", '{"cells": 3}'])
def test_a_file_of_cells_that_cannot_be_read_is_reported_in_one_line(content, tmp_path):
    path = tmp_path / "certificates.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match="make certificates") as error:
        certificate_cells(path)
    assert "\n" not in str(error.value)


def test_the_numbers_are_in_a_file_next_to_the_page():
    found_in = json.loads(format_json(["adam"], ALL))["found"]["adam"]
    assert found_in == {
        "Keras": {"verdict": "converted", "same": "1e-01", "equal": "1e-15"},
        "Optax": {"verdict": "same", "same": "1e-15"},
    }


def test_the_page_of_the_repository_is_of_our_rules_and_all_libraries_without_an_unexplained_difference():
    kept = json.loads((KEPT / "certificates.json").read_text(encoding="utf8"))
    assert {"sgd", "adam"} <= set(kept["cells"]) <= set(known_rules())  # the page may be older than a rule
    assert set(kept["versions"]) == {"Keras", "PyTorch", "Optax", "pytorch-optimizer"}
    assert not [rule for rule, cell in kept["cells"].items() if "unexplained" in cell]
    html = (KEPT / "index.html").read_text(encoding="utf8")
    assert len(html.encode()) < 2**20
    assert all(f'<h2 id="{rule}">' in html for rule in kept["cells"])
