"""Folders of source to be measured: one that is there, or a revision of the repository, taken out for a while."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optbench.errors import ConfigError


@contextmanager
def tree_of(place: str) -> Iterator[Path]:
    """The folder ``place``, or what git calls so, in a temporary folder that is removed afterwards.

    Raises:
        ConfigError: it is neither.
    """
    if Path(place).is_dir():
        yield Path(place).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="optbench-base-", ignore_cleanup_errors=True) as folder:
        take_out(place, Path(folder))
        yield Path(folder).resolve()


def take_out(revision: str, folder: Path) -> None:
    """Write the files of a revision into ``folder``, without touching the repository."""
    commit = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit.returncode:
        raise ConfigError(
            f"`--base` and `--head` must name a folder, or a revision of the repository you stand in. "
            f"Received: {revision}. In CI, fetch it first (fetch-depth: 0)."
        )
    archive = folder / ".tar"
    done = git("archive", "--format=tar", f"--output={archive}", commit.stdout.strip())
    if not done.returncode:
        done = run("tar", "-xf", str(archive), "-C", str(folder))
    if done.returncode:
        raise ConfigError(f"{revision} could not be taken out of the repository: {' '.join(done.stderr.split())}.")
    archive.unlink()


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask git, from the top of the repository."""
    return run("git", *arguments)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command; ConfigError where there is none."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ConfigError(f"{command[0]} could not be run: {error.strerror}. Install it, or name a folder.") from None
