"""Run ``python -m optbench.results``."""

from optbench.cli.results import main

if __name__ == "__main__":
    main()
