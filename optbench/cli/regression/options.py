"""The command-line options of the gates."""

import argparse
from pathlib import Path

from optbench.lab.gates.allowed_ratios import DEFAULT_FILE

LEARNING = Path("tests/baselines/learning.parquet")
TIME = Path("tests/baselines/time.json")


def add_learn_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the learning gate."""
    parser.add_argument("--baseline", type=Path, default=LEARNING, help=f"accepted results; default: {LEARNING}")
    parser.add_argument(
        "--base",
        help="a revision or a folder whose rules are run in the same job, instead of comparing with a baseline",
    )
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="PATH",
        help="with --accept, another Python with optbench, in which the spread of numbers is measured too; repeatable",
    )
    parser.add_argument("--seeds", type=at_least_one, help="default: 8")
    parser.add_argument("--workers", type=at_least_one, help="shards at once; default: the number of cores")
    add_shared_options(parser)


def add_time_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the time gate."""
    parser.add_argument("--base", help="a revision or a folder; without it, ratios to sgd are compared with a baseline")
    parser.add_argument("--head", default=".", help="a revision or a folder; default: the working directory")
    parser.add_argument("--baseline", type=Path, default=TIME, help=f"accepted ratios to sgd; default: {TIME}")
    parser.add_argument(
        "--allowed", type=Path, default=DEFAULT_FILE, help="a YAML file of allowed ratios; default: 1.05 for all"
    )
    parser.add_argument("--pairs", type=at_least_one, default=5, help="of processes; default: 5")
    parser.add_argument("--rounds", type=at_least_one, default=5, help="in each pair; default: 5")
    add_shared_options(parser)


def add_shared_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of both gates."""
    parser.add_argument(
        "--only", type=split_names, default=[], metavar="RULE,RULE", help="names of conf/optimizer; default: all"
    )
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="RULE",
        help="a rule of your own, instead of those of conf/optimizer: my_package.rules.mine, or a YAML file; may be "
        "repeated",
    )
    parser.add_argument("--accept", metavar="REASON", type=check_reason, help="make the present state the baseline")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="append a summary to FILE")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all findings")


def at_least_one(text: str) -> int:
    """Parse an integer of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1. Received: {text}.")
    return int(text)


def split_names(text: str) -> list[str]:
    """Parse names separated by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def check_reason(text: str) -> str:
    """Parse a reason, in words."""
    if not text.strip():
        raise argparse.ArgumentTypeError('must give a reason. Received: "".')
    return " ".join(text.split())
