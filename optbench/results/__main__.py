"""Run ``python -m optbench.results``."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: its threads would wait busily for work

from optbench.cli.results import main

if __name__ == "__main__":
    main()
