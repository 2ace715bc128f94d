"""Run ``python -m optbench.weights``."""

from optbench.cli.weights import main

if __name__ == "__main__":
    main()
