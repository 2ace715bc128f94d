"""The section over all problems: its parts, and when it is left out."""

import pytest

from optbench.report.across_problems import across_problems, overall_leaderboard
from optbench.report.loading import report_data
from optbench.report.scope import Scope
from optbench.results.loading import load_result
from optbench.results.store import Store
from optbench.results.study_json import from_json, to_json
from tests.conftest import stems
from tests.report.made_studies import losses, made
from tests.report.made_up_results import Made, write

SEVEN = tuple(f"set{i}_mlp" for i in range(7))
TARGETS = {"targets": {problem: {"metric": "loss", "split": "valid", "value": 0.5} for problem in SEVEN}}


def section(folder, **values):
    write(folder, Made("across", seeds=6, **values))
    return across_problems(report_data(load_result(Store(folder), study_of(folder))))


def study_of(folder):
    return from_json(to_json(Store(folder).read_study("across")) | TARGETS)


def drawings(found):
    return {d.name: d for part in found.parts for d in part.body.drawings}


def parts(found):
    return {part.key: part.body for part in found.parts}


def rows(body):
    return {row.header: [cell.text for cell in row.cells] for row in body.tables[0].rows}


def test_with_seven_problems_and_three_rules_there_are_ranks_tests_wins_and_a_profile(tmp_path):
    found = section(tmp_path, problems=SEVEN)
    shown = drawings(found)
    assert set(shown) == {"across-ranks", "across-critical-difference", "across-wins", "across-profile"}
    assert all(drawing.draw().axes for drawing in shown.values())
    assert "compares each pair over the 7 problems" in parts(found)["ranks"].note
    assert "correction for all 3 pairs" in parts(found)["ranks"].note
    assert parts(found)["wins"].tables[0].columns[-1] == "better over problems than"


def test_with_two_problems_nothing_can_be_significant_and_one_sentence_says_it(tmp_path):
    found = section(tmp_path, problems=SEVEN[:2])
    note = parts(found)["ranks"].note
    assert "With 2 problems no difference over problems can be significant: 3 optimizers need 7." in note
    assert note.count("significant") == 1
    assert "with 2 problems it is rough" in note
    assert set(drawings(found)) == {"across-ranks", "across-mean-ranks", "across-wins", "across-profile"}
    assert parts(found)["wins"].tables[0].columns[-1] == "significantly lost"


def ordered(runs, curves):
    """adam is the best on each problem, then rmsprop, then sgd; on set6 sgd is the best."""
    order = {"adam": 1.0, "rmsprop": 2.0, "sgd": 3.0}

    def loss(run):
        return (0.5 if (run.optimizer, run.problem) == ("sgd", "set6_mlp") else order[run.optimizer]) + 0.01 * run.seed

    return losses(loss)(runs, curves)


def test_the_numbers_of_the_section_by_hand():
    data = made(ordered, optimizers=("sgd", "adam", "rmsprop"), problems=SEVEN, seeds=8)
    bodies = parts(across_problems(data))
    assert rows(bodies["ranks"]) == {
        "adam": ["1.14", "6 of 7"],
        "rmsprop": ["2.14", "0 of 7"],
        "sgd": ["2.71", "1 of 7"],
    }
    assert rows(bodies["wins"]) == {
        "adam": ["13 of 14", "1 of 14", "13", "1", "rmsprop"],
        "rmsprop": ["6 of 14", "8 of 14", "6", "8", "none"],
        "sgd": ["2 of 14", "12 of 14", "2", "12", "none"],
    }
    (matrix,) = bodies["wins"].drawings
    assert matrix.description.startswith("adam won 7 and lost 0 against rmsprop; adam won 6 and lost 1 against sgd;")
    details = [cell.detail for row in bodies["ranks"].tables[0].rows for cell in row.cells[:1]]
    assert details[0] == "1.00 to 1.43"


def test_the_leaderboard_over_problems_has_the_same_ranks_with_intervals():
    data = made(ordered, optimizers=("sgd", "adam", "rmsprop"), problems=SEVEN, seeds=8)
    part = overall_leaderboard(data, [Scope(data, problem, n) for n, problem in enumerate(SEVEN)])
    ranks = {row.header: row.cells[0][:2] for row in part.body.tables[0].rows}
    assert ranks["adam"] == ("1.14", "1.00 to 1.43")
    assert ranks == {row.header: row.cells[0][:2] for row in parts(across_problems(data))["ranks"].tables[0].rows}
    assert "bootstrap over problems and seeds" in part.body.note


def test_many_optimizers_have_a_row_each_and_figures_of_the_best_ten():
    names = tuple(stems("optimizer")[:14])
    data = made(optimizers=names, problems=SEVEN[:4], seeds=2, points=2)
    bodies = parts(across_problems(data))
    assert len(bodies["wins"].tables[0].rows) == len(bodies["ranks"].tables[0].rows) == 14
    captions = [drawing.caption for body in (bodies["ranks"], bodies["wins"]) for drawing in body.drawings]
    assert sum("The best 10 of 14 optimizers" in caption for caption in captions) == 2
    assert len(data.problem_pairs) == 14 * 13 / 2
    assert all(drawing.draw().axes for body in (bodies["ranks"], bodies["wins"]) for drawing in body.drawings)


@pytest.mark.parametrize("values", [{"problems": SEVEN[:1]}, {"problems": SEVEN[:2], "optimizers": ("sgd",)}])
def test_with_one_problem_or_one_rule_there_is_nothing_to_rank(tmp_path, values):
    assert section(tmp_path, **values) is None
