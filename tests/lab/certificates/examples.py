"""Made-up measurements to judge and render."""

from optbench.lab.certificates.comparison import Comparison, CrossCheck, SmallestCase
from optbench.spec.about import Equal, Reference

STREAMS = ("normal", "tiny", "spiked", "matrix")
NOTHING_DIFFERS = Reference("Keras", "Adam", {"learning_rate": 0.001})
EPS_DIFFERS = NOTHING_DIFFERS._replace(word="eps", why="Keras has eps elsewhere.")
CONVERTED = EPS_DIFFERS._replace(equal=Equal({"epsilon": 1e-30}, {"eps": 1e-30}, "eps too small to show"))
SMALLEST = SmallestCase("one number, two steps", [[1.0], [-0.5]], [[-0.001], [-0.0]], [[-0.002], [[-0.1, 0.25]]])


def comparison(reference=NOTHING_DIFFERS, same=1e-15, equal=None, library="Keras", rule="adam", **rest):
    """A comparison with equal differences on all streams."""
    by_stream = {} if equal is None else dict.fromkeys(STREAMS, equal)
    return Comparison(rule, reference._replace(library=library), dict.fromkeys(STREAMS, same), by_stream, **rest)


def cross_check(*comparisons, versions=None, oracles=None):
    """All of them."""
    return CrossCheck(200, versions or {"Keras": "3.15.1"}, list(comparisons), oracles or {})
