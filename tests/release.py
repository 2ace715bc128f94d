"""The version of a release: ``python -m tests.release 0.2.0`` writes it (make release VERSION=0.2.0).

The version stands in ``optbench/__init__.py``, from where the build takes it. A release also moves what the changelog
has under Unreleased to a heading of its own, and writes version and date into ``CITATION.cff``. ``--check v0.2.0`` asks
whether a tag fits all three, and prints what the changelog says of the release.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = re.compile(r'^__version__ = "(?P<version>[^"]+)"$', re.MULTILINE)
UNRELEASED = "## [Unreleased]\n"
FORM = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")


class ReleaseError(Exception):
    """A release that cannot be made; the text says why and what to do."""


def version_of(root: Path) -> str:
    """The version of the package."""
    found = VERSION.search(read(root, "optbench/__init__.py"))
    assert found is not None, "optbench/__init__.py has no __version__"
    return found["version"]


def notes(changelog: str, version: str) -> str:
    """What a changelog says of a version.

    Raises:
        ReleaseError: nothing.
    """
    found = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL)
    text = found.group(1).strip() if found else ""
    if not text:
        raise ReleaseError(f"CHANGELOG.md says nothing of {version}. Run: make release VERSION={version}")
    return text


def prepare(root: Path, version: str, day: date) -> None:
    """Write a version into the package, the changelog and the citation; all of them or, where it raises, none.

    Raises:
        ReleaseError: the version has another form or is that of an earlier release, or nothing is unreleased.
    """
    changelog = read(root, "CHANGELOG.md")
    if not FORM.fullmatch(version):
        raise ReleaseError(f"A version has the form 1.2.3 or 1.2.3rc1. Received: {version}")
    if f"## [{version}]" in changelog:
        raise ReleaseError(f"CHANGELOG.md has {version} already. Choose the next version.")
    released = changelog.replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {day}\n", 1)
    notes(released, version)
    package = VERSION.sub(f'__version__ = "{version}"', read(root, "optbench/__init__.py"))
    citation = re.sub(r"^version: .*$", f"version: {version}", read(root, "CITATION.cff"), flags=re.MULTILINE)
    citation = re.sub(r"^date-released: .*$", f'date-released: "{day}"', citation, flags=re.MULTILINE)
    written = {"CHANGELOG.md": released, "optbench/__init__.py": package, "CITATION.cff": citation}
    for name, text in written.items():
        (root / name).write_text(text, encoding="utf8", newline="\n")


def check(root: Path, tag: str) -> str:
    """What the changelog says of a tag.

    Raises:
        ReleaseError: the tag does not fit the package, the changelog or the citation.
    """
    version = version_of(root)
    if tag != f"v{version}":
        raise ReleaseError(f"optbench/__init__.py has the version {version}. Received the tag: {tag}")
    if f"\nversion: {version}\n" not in read(root, "CITATION.cff"):
        raise ReleaseError(f"CITATION.cff has another version than {version}. Run: make release VERSION={version}")
    return notes(read(root, "CHANGELOG.md"), version)


def read(root: Path, name: str) -> str:
    """A file's text."""
    return (root / name).read_text(encoding="utf8")


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Prepare a release, or check a tag; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.release", description="Prepare a release, or check its tag.")
    parser.add_argument("version", help="such as 0.2.0; with --check the tag, such as v0.2.0")
    parser.add_argument("--check", action="store_true", help="check a tag and print its notes")
    asked = parser.parse_args(arguments)
    try:
        if asked.check:
            sys.stdout.write(check(root, asked.version) + "\n")
        else:
            prepare(root, asked.version, datetime.now(UTC).date())
    except ReleaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
