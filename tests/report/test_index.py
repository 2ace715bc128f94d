"""The index of all reports: a card for each study with the answer of its page."""

from html import unescape

import pytest

from optbench.report.index import read_summary
from optbench.report.page import build
from tests.report.made_up_results import Made, write

NASTY = "<script>alert(1)</script>"


def test_a_card_has_the_answer_and_the_curve_of_the_page(tmp_path):
    write(tmp_path / "results", Made(NASTY, optimizers=("sgd", "adam"), seeds=8, points=5))
    page = build(tmp_path / "results", tmp_path / "reports", [NASTY])
    answer = read_summary(page)["answer"]
    assert answer.startswith(("Use ", "No optimizer is significantly best"))
    index = (tmp_path / "reports" / "index.html").read_text()
    assert answer in unescape(index)
    assert index.count('<svg class="spark"') == 1
    assert index.count("<script") == 1  # our own


@pytest.mark.parametrize("content", [b"", b"<html><title>an earlier page</title>", b"\xff\xfe" * 5000])
def test_a_page_without_a_summary_has_an_empty_one(tmp_path, content):
    (tmp_path / "index.html").write_bytes(content)
    assert read_summary(tmp_path / "index.html") == {"study": None, "answer": "", "curve": ""}
