"""Pages of many problems: details are folded, and the answer, the leaderboard and the audits are not."""

import re

import pytest

from optbench.report.compression import decompress
from optbench.report.page import build
from tests.report.made_up_results import Made, write


@pytest.mark.parametrize(("problems", "folded"), [(2, False), (4, True)])
def test_details_of_many_problems_are_folded(tmp_path, problems, folded, monkeypatch):
    monkeypatch.setattr("optbench.report.own_parts.PARTS", ())
    names = tuple(f"digits_{letter}" for letter in "abcd"[:problems])
    write(tmp_path / "results", Made(optimizers=("sgd", "adam"), problems=names, seeds=2, points=3))
    text = build(tmp_path / "results", tmp_path / "reports", ["made"]).read_text()
    assert (text.count('<details class="fold">') == problems + 1) == folded
    assert text.index('id="leaderboard"') < text.index('id="audits"') < text.index('id="problem-0"')


def test_a_large_page_has_compressed_what_a_small_one_shows(tmp_path, monkeypatch):
    write(tmp_path / "results", Made(optimizers=("sgd", "adam"), problems=("digits_a", "digits_b"), seeds=2, points=3))
    plain = build(tmp_path / "results", tmp_path / "reports", ["made"]).read_text()
    monkeypatch.setattr("optbench.report.contents.LARGE", 1000)
    packed = build(tmp_path / "results", tmp_path / "packed", ["made"]).read_text()
    assert 'data-packed="' not in plain
    sections = {key: decompress(text) for key, text in re.findall(r'data-of="([^"]+)" data-packed="([^"]+)"', packed)}
    assert set(sections) == {"across", "problem-0", "problem-1"}
    figures = re.findall(r"<svg class=\"figure\".*?</svg>", plain, flags=re.DOTALL)
    unpacked = "".join([packed, *sections.values()])
    assert all(figure in unpacked for figure in figures)
    assert len(figures) == unpacked.count('<svg class="figure"')
    assert re.findall(r"<h3>(.*?)</h3>", plain) == re.findall(r"<h3>(.*?)</h3>", unpacked)
