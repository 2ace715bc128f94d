"""Settings with parameter groups that are compared with PyTorch and Optax, and how these have the same.

PyTorch's side has parameter groups, an optimizer for each rule, and ``requires_grad=False`` for frozen parameters;
Optax's has ``multi_transform`` and ``set_to_zero``.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from optbench.config.parameters import Node
from optbench.spec.about import NONE, Library, Numbers


class Part(NamedTuple):
    """A library's rule of some of the parameters."""

    constructor: str  # the dotted path inside the library's package; empty for no updates
    numbers: Numbers = NONE


class GroupSetting(NamedTuple):
    """An optimizer of ours with parameter groups, and how libraries have the same."""

    name: str  # in a few words
    optimizer: str
    numbers: Numbers  # replace those of its YAML file
    groups: Sequence[Node]  # as ``optimizer.groups`` has them
    parts: Mapping[Library, Sequence[Part]]  # by library, of each group, and last of the parameters without a group


SETTINGS = (
    GroupSetting(
        "AdamW without decay of biases, and with another learning rate in the last layer",
        "adamw",
        {"decay_all": True},
        [{"match": "bias", "weight_decay": 0.0}, {"match": "last", "learning_rate": 0.0003}],
        {
            "PyTorch": [
                Part("optim.AdamW", {"lr": 0.001, "weight_decay": 0.0}),
                Part("optim.AdamW", {"lr": 0.0003, "weight_decay": 0.01}),
                Part("optim.AdamW", {"lr": 0.001, "weight_decay": 0.01}),
            ],
            "Optax": [
                Part("adamw", {"learning_rate": 0.001, "weight_decay": 0.0}),
                Part("adamw", {"learning_rate": 0.0003, "weight_decay": 0.01}),
                Part("adamw", {"learning_rate": 0.001, "weight_decay": 0.01}),
            ],
        },
    ),
    GroupSetting(
        "Adam, with SGD and momentum in the first layer",
        "adam",
        NONE,
        [{"match": "first", "optimizer": "momentum", "learning_rate": 0.05}],
        {
            "PyTorch": [Part("optim.SGD", {"lr": 0.05, "momentum": 0.9}), Part("optim.Adam", {"lr": 0.001})],
            "Optax": [Part("sgd", {"learning_rate": 0.05, "momentum": 0.9}), Part("adam", {"learning_rate": 0.001})],
        },
    ),
    GroupSetting(
        "Adam, with a frozen first layer",
        "adam",
        NONE,
        [{"match": "first", "frozen": True}],
        {
            "PyTorch": [Part(""), Part("optim.Adam", {"lr": 0.001})],
            "Optax": [Part(""), Part("adam", {"learning_rate": 0.001})],
        },
    ),
    GroupSetting(
        "DoG, which takes its distance over each group",
        "dog",
        NONE,
        [{"match": "last", "learning_rate": 0.5}],
        {"Optax": [Part("contrib.dog", {"learning_rate": 0.5}), Part("contrib.dog", {"learning_rate": 1.0})]},
    ),
)
