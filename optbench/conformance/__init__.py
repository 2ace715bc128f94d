"""``python -m optbench.conformance``: check the contract of update rules; see :mod:`optbench.cli.conformance`."""
