"""Optax, ``optax`` and ``optax.contrib``."""

from collections.abc import Mapping

from optbench.lab.certificates.reference import TINY, Equal, Reference

DECAYS_ALL = "Decays every parameter unless a mask says otherwise."

REFERENCES: Mapping[str, Reference] = {
    "sgd": Reference("sgd", {"learning_rate": 0.1}),
    "sgdm": Reference(
        "sgd",
        {"learning_rate": 0.1, "momentum": 0.9},
        word="whole gradients",
        why="Optax adds the whole gradient, not 1 - b of it.",
        equal=Equal({"learning_rate": 0.1 * (1 - 0.9)}, how="its learning rate times 1 - b"),
    ),
    "momentum": Reference("sgd", {"learning_rate": 0.01, "momentum": 0.9}),
    "adagrad": Reference(
        "adagrad",
        {"learning_rate": 0.1, "eps": 1e-10},
        word="start of the sum, eps",
        why="Optax starts the sum of squares at 0.1, not 0, and has eps inside the root.",
        equal=Equal(
            {"initial_accumulator_value": 0.0, "eps": TINY}, {"eps": TINY}, "sums from 0, eps too small to show"
        ),
    ),
    "rmsprop": Reference(
        "rmsprop",
        {"learning_rate": 0.001, "decay": 0.9, "eps": 1e-8},
        word="eps",
        why="Optax has eps inside the root unless `eps_in_sqrt=False`.",
        equal=Equal({"eps_in_sqrt": False}, how="eps_in_sqrt=False"),
    ),
    "adadelta": Reference("adadelta", {"learning_rate": 1.0, "rho": 0.95, "eps": 1e-5}),
    "adam": Reference("adam", {"learning_rate": 0.001}),
    "adamw": Reference(
        "adamw", {"learning_rate": 0.001, "weight_decay": 0.01}, ours={"decay_all": True}, note=DECAYS_ALL
    ),
    "amsgrad": Reference(
        "amsgrad",
        {"learning_rate": 0.001},
        word="maximum after the correction",
        why="Optax takes the maximum of the corrected averages, which early ones then rule for long.",
        equal=Equal({"b2": 0.0}, {"b2": 0.0}, "b2 0, with which there is nothing to correct"),
    ),
    "adamax": Reference("adamax", {"learning_rate": 0.002}),
    "nadam": Reference(
        "nadam",
        {"learning_rate": 0.002},
        word="momentum does not grow",
        why="Optax holds the momentum at b1 from the start.",
        equal=Equal({}, {"momentum_decay": 1e6}, "momentum_decay so large that the momentum is grown at once"),
    ),
    "radam": Reference("radam", {"learning_rate": 0.001}),
    "adabelief": Reference("adabelief", {"learning_rate": 0.001}),
    "yogi": Reference(
        "yogi",
        {"learning_rate": 0.01},
        word="bias corrections",
        why="Optax corrects both averages for a start at zero, as Adam does, and starts m at 1e-6; the paper does not.",
        equal=Equal({"b1": 0.0, "b2": 0.0}, {"b1": 0.0, "b2": 0.0}, "b1 and b2 0: nothing to correct"),
    ),
    "adan": Reference(
        "adan",
        {"learning_rate": 0.001, "eps_root": 0.0},
        word="1 - b2 for b2",
        why="Optax weighs differences by 1 - b2 where this rule and its authors' code have b2: the paper's letters "
        "with the code's values.",
        equal=Equal({"b2": 0.5}, {"b2": 0.5}, "b2 0.5, which is its own rest"),
        note="Optax has eps inside the root too, and adds its decay to the update.",
    ),
    "lion": Reference(
        "lion",
        {"learning_rate": 1e-4, "weight_decay": 0.01},
        ours={"weight_decay": 0.01, "decay_all": True},
        note=DECAYS_ALL,
    ),
    "signsgd": Reference("sign_sgd", {"learning_rate": 1e-4}),
    "ademamix": Reference("contrib.ademamix", {"learning_rate": 0.001}, note="Its warm-ups are the caller's."),
    "adopt": Reference("contrib.adopt", {"learning_rate": 0.001}),
    "lars": Reference(
        "lars",
        {"learning_rate": 1.0, "weight_decay": 0.0005},
        ours={"adapt_all": True},
        word="decay in the norm",
        why="Optax divides by the norm of gradient and decay together, not by the sum of their norms.",
        equal=Equal({"weight_decay": 0.0}, {"weight_decay": 0.0}, "no decay"),
        note="Takes the ratio of biases and scales too.",
    ),
    "lamb": Reference(
        "lamb",
        {"learning_rate": 0.001, "weight_decay": 0.01},
        ours={"adapt_all": True},
        note="Takes the ratio of biases and scales too.",
    ),
    "adafactor": Reference(
        "adafactor",
        {"learning_rate": 0.01, "min_dim_size_to_factor": 1, "multiply_by_parameter_scale": False},
        ours={"relative_step": False},
        single="Optax computes the decay of its averages in float32.",
        note="Optax has no relative step of its own, and factors sides of 128 or longer only.",
    ),
    "rprop": Reference(
        "rprop",
        {"learning_rate": 0.01},
        word="a step late",
        why="Optax 0.2.8 returns the step of the gradient before, so that its first one is zero.",
    ),
    "muon": Reference(
        "contrib.muon",
        {
            "learning_rate": 0.02,
            "eps": 1e-8,
            "adam_b2": 0.95,
            "adam_learning_rate": 0.02 * 0.015,
        },
        ours={"eps": 1e-8, "rest_eps": 1e-8},
        word="correction under Nesterov",
        why="Optax corrects the average for its start, which with Nesterov weighs average and gradient otherwise, and "
        "looks ahead in the rest's Adam too.",
        equal=Equal(
            {"nesterov": False, "eps": TINY},
            {"nesterov": False, "eps": TINY, "rest_eps": TINY},
            "without Nesterov, eps too small to show",
        ),
    ),
    "schedule_free_sgd": Reference("contrib.schedule_free_sgd", {"learning_rate": 1.0}),
    "schedule_free_adamw": Reference("contrib.schedule_free_adamw", {"learning_rate": 0.0025}),
    "prodigy": Reference(
        "contrib.prodigy",
        {"learning_rate": 1.0},
        word="bias correction",
        why="Optax multiplies the step by Adam's bias corrections.",
        equal=Equal({"betas": [0.0, 0.0], "beta3": 0.0}, {"b1": 0.0, "b2": 0.0}, "b1 and b2 0: nothing to correct"),
    ),
    "dog": Reference("contrib.dog", {"learning_rate": 1.0}),
}
