"""pytorch-optimizer, for rules that PyTorch has not and others write otherwise."""

from collections.abc import Mapping

from optbench.lab.certificates.reference import TINY, Equal, Reference

REFERENCES: Mapping[str, Reference] = {
    "sgdw": Reference(
        "SGDW", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.01}, ours={"decay_all": True}, note="Decays everything."
    ),
    "adabelief": Reference("AdaBelief", {"lr": 0.001}),
    "yogi": Reference(
        "Yogi",
        {"lr": 0.01},
        word="bias corrections",
        why="It corrects both averages for a start at zero, as Adam does, and starts m at 1e-6; the paper does not.",
        equal=Equal({"betas": [0.0, 0.0]}, {"b1": 0.0, "b2": 0.0}, "b1 and b2 0: nothing to correct"),
    ),
    "adan": Reference(
        "Adan",
        {"lr": 0.001, "weight_decay": 0.02},
        ours={"weight_decay": 0.02, "decay_all": True},
        note="Decays everything.",
    ),
    "lion": Reference(
        "Lion",
        {"lr": 1e-4, "weight_decay": 0.01},
        ours={"weight_decay": 0.01, "decay_all": True},
        note="Decays everything.",
    ),
    "signsgd": Reference("SignSGD", {"lr": 1e-4, "momentum": 0.0}, note="Its default is the sign of an average."),
    "ademamix": Reference(
        "AdEMAMix",
        {"lr": 0.001, "weight_decay": 0.01, "weight_decouple": True},
        ours={"weight_decay": 0.01, "decay_all": True},
    ),
    "adopt": Reference(
        "ADOPT",
        {"lr": 0.001},
        word="clips a step ahead",
        why="It counts the first gradient too when it clips at the fourth root of the number of steps.",
    ),
    "lars": Reference("LARS", {"lr": 1.0, "weight_decay": 0.0005}, note="The learning rate is outside the buffer."),
    "ftrl": Reference(
        "FTRL", {"lr": 0.1, "beta": 1.0, "lambda_1": 0.01, "lambda_2": 0.1}, ours={"l1": 0.01, "l2": 0.1}
    ),
    "schedule_free_sgd": Reference(
        "ScheduleFreeSGD", {"lr": 1.0, "weight_decay": 0.01}, ours={"weight_decay": 0.01, "decay_all": True}
    ),
    "schedule_free_adamw": Reference(
        "ScheduleFreeAdamW",
        {"lr": 0.0025, "weight_decay": 0.01},
        ours={"weight_decay": 0.01, "decay_all": True},
        word="1e-15 inside the root",
        why="It adds 1e-15 to the corrected v, inside the root, which shows where gradients are small.",
    ),
    "prodigy": Reference(
        "Prodigy",
        {"lr": 1.0},
        word="float32 sums",
        why="It keeps the two sums that d is estimated from in float32.",
        equal=Equal(
            {"lr": 0.001, "d0": 1.0}, {"learning_rate": 0.001, "d0": 1.0}, "a d0 so large that d never grows over it"
        ),
    ),
    "shampoo": Reference(
        "ScalableShampoo",
        {
            "lr": 0.1,
            "betas": [0.9, 1 - 2**-53],  # 1 is refused
            "moving_average_for_momentum": True,
            "start_preconditioning_step": 1,
            "preconditioning_compute_steps": 1,
            "graft_type": 2,
            "nesterov": False,
            "shape_interpretation": False,
        },
        word="eps",
        why="It begins its statistics at an absolute eps, and takes eps times their largest eigenvalue where this "
        "rule takes it times their norm.",
        equal=Equal({"matrix_eps": 1e-60, "use_svd": True}, {"eps": 1e-16}, "eps too small to show"),
        scope="square weights",
    ),
    "soap": Reference(
        "SOAP",
        {"lr": 0.003},
        word="eps, order of a basis",
        why="It sorts the columns of a basis when it turns it, which makes another basis of them, has eps beside the "
        "uncorrected V, and decays what has moved already.",
        equal=Equal(
            {"precondition_frequency": 1000, "weight_decay": 0.0, "eps": TINY},
            {"interval": 1000, "weight_decay": 0.0, "eps": TINY},
            "bases of the first gradient, no decay, eps too small to show",
        ),
        scope="square weights",
    ),
}
