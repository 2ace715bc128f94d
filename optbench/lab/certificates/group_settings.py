"""Settings with parameter groups that are compared with PyTorch and Optax, and their counterparts there.

PyTorch uses parameter groups, one optimizer per rule, and ``requires_grad=False`` for frozen parameters. Optax uses
``multi_transform`` and ``set_to_zero``.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from optbench.config.parameters import Node
from optbench.spec.about import NONE, Library, Numbers


class GroupRule(NamedTuple):
    """A library's rule for some of the parameters."""

    constructor: str  # the dotted path inside the library's package; empty for no updates
    numbers: Numbers = NONE


class GroupSetting(NamedTuple):
    """An optimizer with parameter groups, and its counterparts in libraries."""

    name: str  # description in a few words
    optimizer: str
    numbers: Numbers  # replace those of its YAML file
    groups: Sequence[Node]  # as in ``optimizer.groups``
    parts: Mapping[Library, Sequence[GroupRule]]  # by library, for each group and for all other parameters


SETTINGS = (
    GroupSetting(
        "AdamW without decay of biases, and with another learning rate in the last layer",
        "adamw",
        {"decay_all": True},
        [{"match": "bias", "weight_decay": 0.0}, {"match": "last", "learning_rate": 0.0003}],
        {
            "PyTorch": [
                GroupRule("optim.AdamW", {"lr": 0.001, "weight_decay": 0.0}),
                GroupRule("optim.AdamW", {"lr": 0.0003, "weight_decay": 0.01}),
                GroupRule("optim.AdamW", {"lr": 0.001, "weight_decay": 0.01}),
            ],
            "Optax": [
                GroupRule("adamw", {"learning_rate": 0.001, "weight_decay": 0.0}),
                GroupRule("adamw", {"learning_rate": 0.0003, "weight_decay": 0.01}),
                GroupRule("adamw", {"learning_rate": 0.001, "weight_decay": 0.01}),
            ],
        },
    ),
    GroupSetting(
        "Adam, with SGD and momentum in the first layer",
        "adam",
        NONE,
        [{"match": "first", "optimizer": "momentum", "learning_rate": 0.05}],
        {
            "PyTorch": [GroupRule("optim.SGD", {"lr": 0.05, "momentum": 0.9}), GroupRule("optim.Adam", {"lr": 0.001})],
            "Optax": [
                GroupRule("sgd", {"learning_rate": 0.05, "momentum": 0.9}),
                GroupRule("adam", {"learning_rate": 0.001}),
            ],
        },
    ),
    GroupSetting(
        "Adam, with a frozen first layer",
        "adam",
        NONE,
        [{"match": "first", "frozen": True}],
        {
            "PyTorch": [GroupRule(""), GroupRule("optim.Adam", {"lr": 0.001})],
            "Optax": [GroupRule(""), GroupRule("adam", {"learning_rate": 0.001})],
        },
    ),
    GroupSetting(
        "DoG, which takes its distance over each group",
        "dog",
        NONE,
        [{"match": "last", "learning_rate": 0.5}],
        {"Optax": [GroupRule("contrib.dog", {"learning_rate": 0.5}), GroupRule("contrib.dog", {"learning_rate": 1.0})]},
    ),
)
