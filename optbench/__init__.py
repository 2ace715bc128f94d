"""optbench: which optimizer should I use here, and did mine get worse?

>>> import optbench
>>> runs, curves = optbench.load("results", study="my-study")  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

from optbench.config import moved
from optbench.errors import OptbenchError

if TYPE_CHECKING:
    from optbench.results.loading import load

moved.install()

__version__ = "0.1.0"
__all__ = ["OptbenchError", "__version__", "load"]


def __getattr__(name: str) -> Any:
    if name == "load":  # on first use: pandas takes a quarter of a second that `--help` need not wait for
        from optbench.results.loading import load

        return load
    raise AttributeError(f"module 'optbench' has no attribute {name!r}")
