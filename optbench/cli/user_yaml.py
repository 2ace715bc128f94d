"""Check the user's YAML files before Hydra reads them, for errors that Hydra or PyYAML would report unclearly.

another encoding   keys that are numbers   aliases that multiply   aliases to themselves   broken YAML
"""

from pathlib import Path

import yaml

from optbench.errors import ConfigError

MOST_VALUES = 100_000  # number of values in a file, with aliases expanded
ADVICE = "Correct the file."


def check_folder(folder: Path) -> None:
    """Raise ConfigError if a YAML file in a folder or its subfolders cannot be read as a configuration."""
    for path in sorted(folder.rglob("*.yaml")):
        if path.is_file():
            check_file(path)


def check_file(path: Path) -> None:
    """Raise ConfigError if a file cannot be read as a configuration."""
    try:
        text = path.read_bytes().decode("utf8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} must be encoded in UTF-8. Received: {error.reason} at byte {error.start}.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}. {ADVICE}") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise ConfigError(f"{path} is no YAML file: {why}. {ADVICE}") from None
    if node is None:
        return
    if count_values(node, {}, set(), path) > MOST_VALUES:
        raise ConfigError(f"{path} must have at most {MOST_VALUES:,} values with its aliases written out. {ADVICE}")
    if isinstance(node, yaml.MappingNode):
        check_keys(node, path)


def check_keys(node: yaml.MappingNode, path: Path) -> None:
    """Raise ConfigError unless all keys at the top of a file are strings."""
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
            given = f"{key.value}"[:40] if isinstance(key, yaml.ScalarNode) else "a collection"
            raise ConfigError(
                f"{path} must have names for keys. Received: {given}: ... in line {key.start_mark.line + 1}. "
                "Put it in quotes, or write a name."
            )


def count_values(node: yaml.Node, known: dict[int, int], above: set[int], path: Path) -> int:
    """The number of values of a node. Those of an alias count at each use.

    Args:
        node: the node to count.
        known: counts of nodes by their identity.
        above: the ancestors of the node.
        path: the path of the file, for the message.

    Raises:
        ConfigError: the node contains itself.
    """
    if id(node) in above:
        line = node.start_mark.line + 1
        raise ConfigError(f"{path} has an alias inside of what it stands for, in line {line}. {ADVICE}")
    if id(node) not in known:
        inner = above | {id(node)}
        if isinstance(node, yaml.MappingNode):
            members = [member for pair in node.value for member in pair]
        else:
            members = node.value if isinstance(node, yaml.SequenceNode) else []
        known[id(node)] = 1 + sum(count_values(member, known, inner, path) for member in members)
    return known[id(node)]
