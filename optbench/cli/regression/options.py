"""What the gates may be asked on the command line."""

import argparse
from pathlib import Path

from optbench.lab.gates.allowed import FILE as ALLOWED

LEARNING = Path("tests/baselines/learning.parquet")
TIME = Path("tests/baselines/time.json")


def learn_options(parser: argparse.ArgumentParser) -> None:
    """Those of the learning gate."""
    parser.add_argument("--baseline", type=Path, default=LEARNING, help=f"accepted numbers; default: {LEARNING}")
    parser.add_argument("--seeds", type=at_least_one, help="default: 8")
    parser.add_argument("--workers", type=at_least_one, help="shards at once; default: as many as there are cores")
    shared_options(parser)


def time_options(parser: argparse.ArgumentParser) -> None:
    """Those of the speed gate."""
    parser.add_argument("--base", help="a revision or a folder; without it, ratios to sgd are held against a baseline")
    parser.add_argument("--head", default=".", help="likewise; default: the folder you stand in")
    parser.add_argument("--baseline", type=Path, default=TIME, help=f"accepted ratios to sgd; default: {TIME}")
    parser.add_argument("--allowed", type=Path, default=ALLOWED, help="a yaml of allowed ratios; default: 1.05 for all")
    parser.add_argument("--pairs", type=at_least_one, default=5, help="of processes; default: 5")
    parser.add_argument("--rounds", type=at_least_one, default=5, help="in each; default: 5")
    shared_options(parser)


def shared_options(parser: argparse.ArgumentParser) -> None:
    """Those of both."""
    parser.add_argument("--only", type=names, default=[], metavar="RULE,RULE", help="of conf/optimizer; default: all")
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="RULE",
        help="a rule of your own, in place of conf/optimizer's: my_package.rules.mine, or its yaml; may be repeated",
    )
    parser.add_argument("--accept", metavar="REASON", type=reason, help="make what is there now the baseline")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a summary at the end of FILE")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all findings")


def at_least_one(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on. Received: {text}.")
    return int(text)


def names(text: str) -> list[str]:
    """Names between commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def reason(text: str) -> str:
    """A reason, in words."""
    if not text.strip():
        raise argparse.ArgumentTypeError('must say why. Received: "".')
    return " ".join(text.split())
