"""The share of targets reached: of one problem and over problems, by hand."""

import numpy as np

from optbench.report.across_problems import across_problems
from optbench.report.parts import targets_reached
from optbench.report.scope import Scope
from tests.report.made_studies import made

VALUES = [2.0, 1.0, 0.5]
TARGET = {"metric": "loss", "split": "valid", "value": 1.0, "values": VALUES}
PROBLEMS = ("digits_mlp", "iris_mlp")


def falling(runs, curves):
    """The loss of sgd falls from 2 to 1 at step 330 and stays there; that of adam falls to 0.5 and is 3 at the end."""
    adam = curves["run_id"].map(runs.set_index("run_id")["optimizer"]) == "adam"
    step = curves["step"]
    sgd_loss = np.where(step < 330, 2.0, 1.0)
    adam_loss = np.select([step < 66, step < 330, step < 660], [2.5, 1.0, 0.5], 3.0)
    return runs, curves.assign(value=np.where(adam, adam_loss, sgd_loss))


def several(**values):
    return made(falling, {"targets": dict.fromkeys(PROBLEMS, TARGET)}, seeds=4, **values)


def cells(body):
    return {row.header: [cell[:2] for cell in row.cells] for row in body.tables[0].rows}


def test_the_part_of_a_problem_by_hand():
    part = targets_reached.part(Scope(several(), "digits_mlp", 0))
    assert part.body.tables[0].columns == [
        "optimizer",
        "targets reached",
        "half of them after",
        "2.00",
        "1.00",
        "0.500",
    ]
    assert cells(part.body) == {
        "sgd": [("8 of 12", "67 %"), ("330 steps", ""), ("4 of 4", "median 0 steps"), ("4 of 4", "median 330 steps"),
                ("0 of 4", "")],
        "adam": [("12 of 12", "100 %"), ("66 steps", ""), ("4 of 4", "median 66 steps"), ("4 of 4", "median 66 steps"),
                 ("4 of 4", "median 330 steps")],
    }  # fmt: skip
    (drawing,) = part.body.drawings
    shares = drawing.data.groupby("contender")[["step", "share"]].apply(lambda rows: rows.to_numpy().tolist())
    assert shares["adam"] == [[0, 0], [66, 2 / 3], [330, 1], [660, 1]]
    assert shares["sgd"] == [[0, 1 / 3], [330, 2 / 3], [660, 2 / 3]]
    assert "even if the run gets worse later" in part.body.note
    assert "validation loss 2.00, 1.00, 0.500" in part.body.note
    assert drawing.draw().axes


def test_over_problems_triples_are_counted_and_the_best_comes_first():
    data = several(problems=PROBLEMS)
    (part,) = [part for part in across_problems(data).parts if part.key == "targets"]
    assert cells(part.body) == {
        "adam": [("24 of 24", "100 %"), ("66 steps", "")],
        "sgd": [("16 of 24", "67 %"), ("330 steps", "")],
    }
    assert list(cells(part.body)) == ["adam", "sgd"]
    assert "triples of problem, target and run" in part.body.note


def test_a_single_target_has_no_share():
    one = made(falling, {"targets": {"digits_mlp": {**TARGET, "values": []}}})
    assert targets_reached.part(Scope(one, "digits_mlp", 0)) is None
    assert targets_reached.across_part(one) is None


def test_of_many_targets_four_have_a_column():
    many = made(falling, {"targets": {"digits_mlp": {**TARGET, "values": np.linspace(0.5, 2.5, 9).tolist()}}})
    columns = targets_reached.part(Scope(many, "digits_mlp", 0)).body.tables[0].columns
    assert columns[3:] == ["2.50", "1.75", "1.25", "0.500"]
