"""The published baselines of DeepOBS, by problem: final means and standard deviations over ten seeds.

Each row is for the best of the 36 learning rates tried: the mean and the standard deviation of the last value over ten
seeds, recomputed from the 1,080 raw runs.

Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019, and its baselines.
"""

from typing import NamedTuple

from optbench.spec.published import Published

SOURCE = "DeepOBS (Schneider, Balles and Hennig, 2019), recomputed from its raw baseline runs"
CAVEATS = "Batches came in one fixed order in every epoch. The last batch of training and test was dropped."
BIMODAL = "The ten seeds fall into two groups, so the mean lies between them."
SEEDS = 10


class Baseline(NamedTuple):
    """The published result of an optimizer on a problem."""

    optimizer: str
    learning_rate: str  # as published
    mean: float
    deviation: float
    note: str = ""


class Baselines(NamedTuple):
    """The published results on a problem: test metrics at the last epoch."""

    metric: str
    epochs: int
    batch_size: int
    rows: tuple[Baseline, ...]


MOMENTUM = "Momentum 0.99"
BASELINES = {  # by the stems of the YAML files of data set and model
    ("quadratic_deep", "point"): Baselines(
        "loss", 100, 128,
        (
            Baseline("SGD", "1.58e-2", 87.3975, 0.1690),
            Baseline(MOMENTUM, "2.51e-3", 87.0450, 0.0252),
            Baseline("Adam", "3.98e-2", 87.1119, 0.0242),
        ),
    ),
    ("mnist", "vae"): Baselines(
        "loss", 50, 64,
        (
            Baseline("SGD", "3.98e-3", 38.4561, 12.474, BIMODAL),
            Baseline(MOMENTUM, "2.51e-5", 52.9271, 0.0123),
            Baseline("Adam", "1.58e-4", 27.8308, 0.0946),
        ),
    ),
    ("fashion_mnist", "vae"): Baselines(
        "loss", 100, 64,
        (
            Baseline("SGD", "3.98e-3", 23.799, 0.246),
            Baseline(MOMENTUM, "1e-5", 59.23, 18.4),
            Baseline("Adam", "1.58e-4", 23.074, 0.093),
        ),
    ),
    ("fashion_mnist", "cnn_2c2d"): Baselines(
        "accuracy", 100, 128,
        (
            Baseline("SGD", "1.58e-1", 0.9227, 0.0018),
            Baseline(MOMENTUM, "2.51e-3", 0.9214, 0.0021),
            Baseline("Adam", "2.51e-4", 0.9234, 0.0029),
        ),
    ),
    ("cifar10", "cnn_3c3d"): Baselines(
        "accuracy", 100, 128,
        (
            Baseline("SGD", "6.31e-2", 0.8371, 0.0121),
            Baseline(MOMENTUM, "3.98e-4", 0.8441, 0.0064),
            Baseline("Adam", "3.98e-4", 0.8475, 0.0035),
        ),
    ),
}  # fmt: skip


def deepobs_baselines(dataset: str, model: str) -> list[Published] | None:
    """The published values of a problem; None if there are none.

    Args:
        dataset: the stem of the data set's YAML file.
        model: the stem of the model's YAML file.
    """
    found = BASELINES.get((dataset, model))
    return None if found is None else [to_published(row, found) for row in found.rows]


def to_published(row: Baseline, problem: Baselines) -> Published:
    """Convert a row to a value for plots."""
    return Published(
        label=f"{row.optimizer} (DeepOBS)",
        metric=problem.metric,
        split="test",
        value=row.mean,
        source=SOURCE,
        deviation=row.deviation,
        seeds=SEEDS,
        setting=f"learning rate {row.learning_rate}",
        epochs=problem.epochs,
        batch_size=problem.batch_size,
        note=" ".join(filter(None, [CAVEATS, row.note])),
    )
