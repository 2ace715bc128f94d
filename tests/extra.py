"""Print the requirements of an extra of pyproject.toml: ``python -m tests.extra docs``."""

import sys
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf8"))["project"]

if __name__ == "__main__":
    sys.stdout.write("\n".join(PROJECT["optional-dependencies"][sys.argv[1]]) + "\n")
