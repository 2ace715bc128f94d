"""Run ``python -m optbench.crosscheck``."""

from optbench.cli.crosscheck import main

if __name__ == "__main__":
    main()
