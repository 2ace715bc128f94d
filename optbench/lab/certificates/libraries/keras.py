"""Keras, ``keras.optimizers``."""

from collections.abc import Mapping

from optbench.lab.certificates.reference import TINY, Equal, Reference

BETAS = {"beta_1": 0.9, "beta_2": 0.999}
DECAYS_ALL = "Decays biases and scales too."
EPS_BEFORE = (
    "Keras adds eps before v is corrected for its start, so that it weighs 1 / sqrt(1 - b2^t) times as much.",
    "eps too small to show",
)

REFERENCES: Mapping[str, Reference] = {
    "sgd": Reference("SGD", {"learning_rate": 0.1}),
    "sgdm": Reference(
        "SGD",
        {"learning_rate": 0.1, "momentum": 0.9},
        word="whole gradients",
        why="Keras adds the whole gradient, not 1 - b of it, and keeps the learning rate in the buffer: its learning "
        "rate is ours times 1 - b.",
        equal=Equal({"learning_rate": 0.1 * (1 - 0.9)}, how="its learning rate times 1 - b"),
    ),
    "momentum": Reference(
        "SGD",
        {"learning_rate": 0.01, "momentum": 0.9},
        note="Keeps the learning rate in the velocity: the same while the rate stays what it is.",
    ),
    "sgdw": Reference(
        "SGD", {"learning_rate": 0.01, "momentum": 0.9, "weight_decay": 0.01}, ours={"decay_all": True}, note=DECAYS_ALL
    ),
    "adagrad": Reference(
        "Adagrad",
        {"learning_rate": 0.1, "epsilon": 1e-10},
        word="start of the sum, eps",
        why="Keras starts the sum of squares at 0.1, not 0, and has eps inside the root.",
        equal=Equal(
            {"epsilon": TINY, "initial_accumulator_value": 0.0}, {"eps": TINY}, "sums from 0, eps too small to show"
        ),
    ),
    "rmsprop": Reference(
        "RMSprop",
        {"learning_rate": 0.001, "rho": 0.9, "epsilon": 1e-8},
        word="eps",
        why="Keras has eps inside the root.",
        equal=Equal({"epsilon": TINY}, {"eps": TINY}, "eps too small to show"),
    ),
    "adadelta": Reference(
        "Adadelta",
        {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-5},
        note="Keras's default learning rate is 0.001, not 1.",
    ),
    "adam": Reference(
        "Adam",
        {"learning_rate": 0.001, **BETAS, "epsilon": 1e-8},
        word="eps",
        why=EPS_BEFORE[0],
        equal=Equal({"epsilon": TINY}, {"eps": TINY}, EPS_BEFORE[1]),
    ),
    "adamw": Reference(
        "AdamW",
        {**BETAS, "learning_rate": 0.001, "weight_decay": 0.01, "epsilon": 1e-8},
        ours={"decay_all": True},
        word="eps",
        why=EPS_BEFORE[0],
        equal=Equal({"epsilon": TINY}, {"eps": TINY}, EPS_BEFORE[1]),
        note=DECAYS_ALL,
    ),
    "amsgrad": Reference(
        "Adam",
        {**BETAS, "learning_rate": 0.001, "epsilon": 1e-8, "amsgrad": True},
        word="eps",
        why=EPS_BEFORE[0],
        equal=Equal({"epsilon": TINY}, {"eps": TINY}, EPS_BEFORE[1]),
    ),
    "adamax": Reference(
        "Adamax",
        {**BETAS, "learning_rate": 0.002, "epsilon": 1e-8},
        word="eps",
        why="Keras adds eps to the largest magnitude when it divides, not to each magnitude before it is compared.",
        equal=Equal({"epsilon": TINY}, {"eps": TINY}, "eps too small to show"),
    ),
    "nadam": Reference(
        "Nadam",
        {**BETAS, "learning_rate": 0.002, "epsilon": 1e-8},
        word="growth of the momentum, eps",
        why="Keras lets the momentum grow 250 times as fast, which is a momentum_decay of 1, and adds eps to the root "
        "of the corrected v.",
        equal=Equal({"epsilon": TINY}, {"eps": TINY, "momentum_decay": 1.0}, "momentum_decay 1, eps too small to show"),
        single="Keras takes its 0.96 in float32.",
    ),
    "lion": Reference(
        "Lion",
        {"beta_1": 0.9, "beta_2": 0.99, "learning_rate": 1e-4, "weight_decay": 0.01},
        ours={"weight_decay": 0.01, "decay_all": True},
        note=DECAYS_ALL,
    ),
    "lamb": Reference(
        "Lamb",
        {**BETAS, "learning_rate": 0.001, "epsilon": 1e-6, "weight_decay": 0.01},
        ours={"adapt_all": True},
        word="decay",
        why="Keras decays beside the ratio of norms, not inside it.",
        equal=Equal({"weight_decay": 0.0}, {"weight_decay": 0.0}, "no decay"),
        note="Takes the ratio of biases and scales too.",
    ),
    "ftrl": Reference(
        "Ftrl",
        {"learning_rate": 0.1, "beta": 1.0},
        word="start of the sum",
        why="Keras starts the sum of squares at 0.1, not 0.",
        equal=Equal({"initial_accumulator_value": 0.0}, how="sums from 0"),
        note="Keras has a default beta of 0, and counts both regularizers double.",
    ),
    "adafactor": Reference("Adafactor", {"learning_rate": 0.01, "epsilon_2": 0.001}),
    "muon": Reference(
        "Muon",
        {
            "learning_rate": 0.02,
            "weight_decay": 0.0,
            "adam_weight_decay": 0.0,
            "adam_lr_ratio": 0.015,
            "adam_beta_1": 0.9,
            "adam_beta_2": 0.95,
            "epsilon": 1e-10,
        },
        word="scale",
        why="Keras scales by 0.2 sqrt(max(m, n)), and has the rest's eps before v is corrected.",
        equal=Equal(
            {"rms_rate": None, "epsilon": TINY},
            {"rest_eps": TINY, "eps": 1e-7 * (1 - 0.95)},
            "no scale of weights that are not wide, the rest's eps too small to show, and eps times 1 - b, since "
            "Keras gathers whole gradients",
        ),
        scope="weights not wide",
    ),
    "schedule_free_adamw": Reference(
        "ScheduleFreeAdamW",
        {**BETAS, "learning_rate": 0.0025},
        word="x from the moved z",
        why="Keras takes the average x out of y with z as it is after the step, not before it: on TensorFlow "
        "the value that it keeps of z is the variable itself.",
    ),
}
