"""Run ``python -m optbench.regression``."""

from optbench.cli.regression.main import main

if __name__ == "__main__":
    main()
