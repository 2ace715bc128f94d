"""``python -m optbench.regression``: run a regression gate; see :mod:`optbench.cli.regression.main`."""
