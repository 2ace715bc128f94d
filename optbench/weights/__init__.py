"""``python -m optbench.weights``: show the weights that runs left; see :mod:`optbench.cli.weights`."""
