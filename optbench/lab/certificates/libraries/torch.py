"""PyTorch, ``torch.optim``."""

from collections.abc import Mapping

from optbench.lab.certificates.reference import TINY, Equal, Reference

DECAYS_ALL = "Decays every parameter that it is given."

REFERENCES: Mapping[str, Reference] = {
    "sgd": Reference("optim.SGD", {"lr": 0.1}),
    "sgdm": Reference(
        "optim.SGD",
        {"lr": 0.1, "momentum": 0.9},
        word="whole gradients",
        why="PyTorch adds the whole gradient, not 1 - b of it; with `dampening` it still starts with a whole one.",
        equal=Equal({"lr": 0.1 * (1 - 0.9)}, how="its learning rate times 1 - b"),
    ),
    "momentum": Reference("optim.SGD", {"lr": 0.01, "momentum": 0.9}),
    "adagrad": Reference("optim.Adagrad", {"lr": 0.1}),
    "rmsprop": Reference("optim.RMSprop", {"lr": 0.001, "alpha": 0.9}, note="PyTorch's default alpha is 0.99."),
    "adadelta": Reference("optim.Adadelta", {"lr": 1.0, "rho": 0.95, "eps": 1e-5}),
    "adam": Reference("optim.Adam", {"lr": 0.001}),
    "adamw": Reference("optim.AdamW", {"lr": 0.001, "weight_decay": 0.01}, ours={"decay_all": True}, note=DECAYS_ALL),
    "amsgrad": Reference("optim.Adam", {"lr": 0.001, "amsgrad": True}),
    "adamax": Reference("optim.Adamax", {"lr": 0.002}),
    "nadam": Reference("optim.NAdam", {"lr": 0.002}, single="PyTorch keeps the product of momenta in float32."),
    "radam": Reference(
        "optim.RAdam",
        {"lr": 0.001},
        word="eps",
        why="PyTorch adds eps before v is corrected for its start.",
        equal=Equal({"eps": TINY}, {"eps": TINY}, "eps too small to show"),
    ),
    "rprop": Reference("optim.Rprop", {"lr": 0.01}),
    "adafactor": Reference(
        "optim.Adafactor",
        {"lr": 0.01, "eps": [1e-30, 1e-3]},
        note="eps1 is the least that V may be, not a summand, and by default float's precision.",
    ),
    "muon": Reference(
        "optim.Muon",
        {"lr": 0.02, "weight_decay": 0.0},
        word="bfloat16",
        why="PyTorch computes the iteration in bfloat16, of which eight bits are left.",
        scope="weights",
        transposed=True,
        note="Weights are stored as outputs times inputs; the rest needs a rule of its own.",
    ),
}
