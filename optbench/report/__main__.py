"""``python -m optbench.report NAME``: build a study's report again, from its results alone."""

import argparse
import sys
from pathlib import Path

from optbench.errors import OptbenchError


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m optbench.report", description="Build a study's report again, from its results alone."
    )
    parser.add_argument("name", help="the study's name")
    parser.add_argument("--results-dir", type=Path, default=Path("results"), help="default: results")
    parser.add_argument("--reports-dir", type=Path, default=Path("reports"), help="default: reports")
    arguments = parser.parse_args()
    from optbench.report.page import build  # argparse answers --help and mistakes at once

    try:
        page = build(arguments.results_dir, arguments.reports_dir, arguments.name)
    except OptbenchError as error:
        print(f"optbench.report: {error}", file=sys.stderr)
        sys.exit(1)
    print(f"report: {page}")


if __name__ == "__main__":
    main()
