"""The notes of a study before training."""

import pytest

from optbench.study.jobs import StudyJob
from optbench.study.notes import notes_on_seeds
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of


class Spec:
    """The part of a specification that the notes read."""

    def __init__(self, seeds):
        self.seeds = range(seeds)


def jobs(*optimizers, seeds):
    problem = make_problem(epochs=1)
    return [StudyJob(Spec(seeds), runs_of(problem, make_setting(name), seeds=range(seeds))) for name in optimizers]


@pytest.mark.parametrize(
    ("optimizers", "seeds", "expected"),
    [
        (("sgd", "adam"), 6, None),
        (("sgd", "adam"), 1, "One seed is too few for a significant difference between 2 optimizers"),
        (("sgd", "adam", "rmsprop"), 5, "5 seeds are too few for a significant difference between 3 optimizers"),
        (("sgd",), 1, None),
        (("sgd", "sgd"), 1, None),
    ],
)
def test_too_few_seeds_are_reported_before_training(optimizers, seeds, expected):
    lines = list(notes_on_seeds(jobs(*optimizers, seeds=seeds)))
    assert [line.startswith(expected) for line in lines] == ([True] if expected else [])


def test_the_smallest_number_of_seeds_that_can_show_a_difference_is_named():
    (line,) = notes_on_seeds(jobs("sgd", "adam", "rmsprop", seeds=5))
    assert line.endswith("seeds=7 is the smallest number that can show one.")
