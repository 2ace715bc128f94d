"""``python -m optbench.crosscheck``: compare rules with other libraries; see :mod:`optbench.cli.crosscheck`."""
