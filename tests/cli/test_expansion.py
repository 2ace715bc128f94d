"""Short forms that users may write are expanded to what Hydra accepts."""

import pytest

from optbench.cli.arguments import parse
from optbench.cli.expansion import describe_override, expand


def expanded(*arguments):
    return list(expand(parse(arguments)).overrides)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("optimizer.eps=1e-6", "optimizer.eps=choice(1e-6)"),
        ("optimizer.eps=1,2", "optimizer.eps=1,2"),
        ("optimizer.betas=[3,4]", "optimizer.betas=choice([3,4])"),
        ("optimizer.eps=range(1,3)", "optimizer.eps=range(1,3)"),
        ("model.hidden=[3,4]", "++model.hidden=[3,4]"),
        ("seeds=3", "seeds=3"),
        ("tune.trials=8", "tune.trials=choice(8)"),  # where tuning is what an experiment of the sweep asks for
        ("optimizer=adam", "optimizer=adam"),
    ],
)
def test_a_plain_value_inside_a_group_becomes_a_sweep_of_one_in_a_sweep(given, expected):
    assert expanded("-m", given) == [expected]
    assert expanded(given) == [expected if expected.startswith("++") else given]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("dataset.limit=100,200", "++dataset.limit=100,200"),
        ("dataset.split.valid_fraction=0.3", "++dataset.split.valid_fraction=0.3"),
        ("model.hidden=[3,4]", "++model.hidden=[3,4]"),
        ("tune.space.learning_rate=[1,2]", "++tune.space.learning_rate=[1,2]"),
        ("dataset=iris", "dataset=iris"),
        ("optimizer.eps=1", "optimizer.eps=1"),
        ("+dataset.limit=1", "+dataset.limit=1"),
        ("~model.hidden", "~model.hidden"),
    ],
)
def test_keys_inside_a_data_set_or_model_are_additions(given, expected):
    assert expanded(given) == [expected]
    assert describe_override(expected) == given


def test_expansion_leaves_flags_and_what_was_typed():
    line = parse(["-m", "dataset.limit=1", "--config-dir", "mine"])
    after = expand(line)
    assert (after.given, after.flags, after.multirun) == (line.given, line.flags, True)
