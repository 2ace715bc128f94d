"""``python -m optbench.regression``: the command lines of the learning gate and the time gate."""
