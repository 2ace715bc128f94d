"""``python -m optbench new KIND NAME``: write the files of a new item, which work without changes.

my_package/optimizers/mine.py     the code of the item, to be replaced
my_conf/optimizer/mine.yaml       its defaults, found with --config-dir my_conf; a metric has none
tests/test_optimizer_mine.py      a test that passes
conftest.py                       if there is none: makes pytest find my_package from any folder
"""

import keyword
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import NamedTuple

from optbench.cli.argument_parser import ArgumentParser
from optbench.cli.ending import ending_well
from optbench.cli.printing import print_text
from optbench.config.items import item_names
from optbench.errors import ConfigError, OptbenchError
from optbench.runtime.files import write_text

TEMPLATES = Path(__file__).parent / "templates"
NAME = re.compile(r"[a-z][a-z0-9_]*")
CONFTEST = '"""With this file, pytest finds the packages of this folder."""\n'
FOLDERS = {
    "optimizer": "optimizers",
    "dataset": "datasets",
    "model": "models",
    "loss": "losses",
    "metric": "metrics",
    "experiment": "",
}
STUDIES = {  # a first study of an item, by kind
    "optimizer": "-m optimizer=$name,adam",
    "dataset": "-m dataset=$name optimizer=sgd,adam",
    "model": "-m model=$name optimizer=sgd,adam",
    "loss": "-m loss=$name dataset=diabetes optimizer=sgd,adam",
    "metric": "-m 'metrics=[auto,$target]' decide_by=$name optimizer=sgd,adam",
    "experiment": "-m experiment=$name optimizer=sgd,adam",
}


class Item(NamedTuple):
    """An item to write."""

    kind: str
    name: str
    package: str = "my_package"
    config_dir: str = "my_conf"

    @property
    def paths(self) -> dict[str, Path]:
        """The path of each file, by the name of its template."""
        files = {
            f"{self.kind}.py.txt": Path(*self.module.split(".")).with_suffix(".py"),
            f"{self.kind}.yaml": self.yaml,
            f"{self.kind}.test.py.txt": self.test,
        }
        return {template: path for template, path in files.items() if (TEMPLATES / template).exists()}

    @property
    def module(self) -> str:
        """The dotted name of the Python file."""
        return f"{self.package}.{FOLDERS[self.kind]}.{self.name}"

    @property
    def yaml(self) -> Path:
        """The path of the YAML file."""
        return Path(self.config_dir, self.kind, f"{self.name}.yaml")

    @property
    def test(self) -> Path:
        """The path of the test."""
        return Path("tests", f"test_{self.kind}_{self.name}.py")

    @property
    def words(self) -> dict[str, str]:
        """The values of the placeholders in templates."""
        places = {"config_dir": Path(self.config_dir).as_posix(), "yaml": self.yaml.as_posix()}
        return {"name": self.name, "module": self.module, "target": f"{self.module}.{self.name}", **places}

    @property
    def study(self) -> str:
        """The command of a first study."""
        options = Template(STUDIES[self.kind]).substitute(self.words)
        flags = f" --config-dir {shlex.quote(self.config_dir)}" if self.yaml in self.paths.values() else ""
        return f"python -m optbench {options}{flags}"


@ending_well()
def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of the process by default.

    Exit codes: 0 written, 1 refused, 3 misuse.
    """
    parser = ArgumentParser(prog="python -m optbench new", description="Write the files of an item of your own.")
    parser.add_argument("kind", choices=list(STUDIES), help="what it is")
    parser.add_argument("name", help="lower-case letters, digits and underscores")
    parser.add_argument("--package", default="my_package", help="folder of the Python file; default: my_package")
    parser.add_argument("--config-dir", default="my_conf", help="folder of the YAML file; default: my_conf")
    item = Item(**vars(parser.parse_args(words)))
    try:
        check(item)
        write(item)
    except (OptbenchError, OSError) as error:
        print_text(f"optbench new: {describe(error)}", sys.stderr)
        sys.exit(1)
    for path in item.paths.values():
        print_text(f"wrote {path}")
    print_text(f"test it:    python -m pytest {item.test}")
    print_text(f"compare it: {item.study}")


def check(item: Item) -> None:
    """Raise ConfigError unless the item's names are new and none of its files exists."""
    for option, text in {"NAME": item.name, "--package": item.package}.items():
        if not NAME.fullmatch(text) or keyword.iskeyword(text):
            raise ConfigError(
                f"`{option}` must consist of lower-case letters, digits and underscores, and be no word of Python's. "
                f"Received: {text}."
            )
    if item.package == "optbench" or item.package in sys.stdlib_module_names:
        raise ConfigError(f"`--package` must not be the name of an installed package. Received: {item.package}.")
    if item.name in item_names(item.kind):
        raise ConfigError(
            f"`NAME` must not be that of an item of optbench. Received: {item.kind}={item.name}. Choose another name."
        )
    if Path(item.config_dir).is_absolute():
        raise ConfigError(f"`--config-dir` must be a folder in this one. Received: {item.config_dir}.")
    for path in item.paths.values():
        if path.exists():
            raise ConfigError(f"{path} exists and is not overwritten. Choose another name, or remove the file.")


def write(item: Item) -> None:
    """Write the files of an item."""
    for template, path in item.paths.items():
        write_text(path, Template((TEMPLATES / template).read_text(encoding="utf8")).substitute(item.words))
    if not Path("conftest.py").exists():
        write_text(Path("conftest.py"), CONFTEST)


def describe(error: Exception) -> str:
    """An error on one line."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be written: {error.strerror}. Choose another folder."
    return str(error)
