"""Run ``python -m optbench.report``."""

from optbench.cli.report import main

if __name__ == "__main__":
    main()
