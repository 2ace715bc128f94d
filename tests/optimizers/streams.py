"""Gradient streams under which a rule is compared with its oracle, one tensor of float64 each step."""

import numpy as np

STEPS = 100
SIZE = 50


def normal():
    """Standard normal."""
    generator = np.random.default_rng(1)
    return [generator.normal(size=SIZE) for _ in range(STEPS)]


def tiny():
    """Normal, scaled by 1e-6: where eps stands shows."""
    return [1e-6 * g for g in normal()]


def spiked():
    """Normal, with one step a hundred times as large: what is forgotten too early or too late shows."""
    return [100 * g if step == 30 else g for step, g in enumerate(normal())]


# Gradients are float32 numbers, so that rule and oracle start from the same ones.
STREAMS = {
    name: [g.astype(np.float32).astype(np.float64) for g in make()]
    for name, make in (("normal", normal), ("tiny", tiny), ("spiked", spiked))
}
