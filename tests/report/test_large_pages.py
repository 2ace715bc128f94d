"""Pages of many problems: details are folded, and the answer, the leaderboard and the audits are not."""

import pytest

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
