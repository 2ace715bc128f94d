"""Run ``python -m optbench.conformance``."""

from optbench.cli.conformance import main

if __name__ == "__main__":
    main()
