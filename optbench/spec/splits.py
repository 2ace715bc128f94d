"""Splits in words, and problems that differ only in the seed that assigns examples to splits."""

from optbench.config.parameters import Node
from optbench.spec.run import ProblemConfig, canonical

SPLIT_SEED = "split_seed"  # a parameter of data sets, in the group ``split``
GROUP = "split"
WORDS = {"valid": "validation", "train": "training"}


def describe_split(split: str) -> str:
    """Return the name of a split in words: ``validation`` for ``valid``."""
    return WORDS.get(split, split)


def split_seed(dataset: Node) -> int | None:
    """Return the split seed of the node of a data set, or None if it has none."""
    group = dataset.get(GROUP)
    found = group.get(SPLIT_SEED) if isinstance(group, dict) else dataset.get(SPLIT_SEED)
    return found if isinstance(found, int) else None


def pool_key(problem: ProblemConfig) -> str:
    """Return a key that is equal for problems that differ at most in their split seed."""
    identity = problem.identity()
    dataset = {name: value for name, value in identity["dataset"].items() if name != SPLIT_SEED}
    if isinstance(group := dataset.get(GROUP), dict):
        dataset[GROUP] = {name: value for name, value in group.items() if name != SPLIT_SEED}
    return canonical({**identity, "dataset": dataset})
