"""Source trees to time: a folder, or a revision of the repository in a temporary folder."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optbench.errors import ConfigError


@contextmanager
def source_tree(place: str) -> Iterator[Path]:
    """The folder ``place``, or the revision of this name in a temporary folder that is removed afterwards.

    Raises:
        ConfigError: ``place`` is neither.
    """
    if Path(place).is_dir():
        yield Path(place).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="optbench-base-", ignore_cleanup_errors=True) as folder:
        extract_revision(place, Path(folder))
        yield Path(folder).resolve()


def extract_revision(revision: str, folder: Path) -> None:
    """Write the files of a revision into ``folder``, without touching the repository."""
    commit = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit.returncode:
        raise ConfigError(
            f"`--base` and `--head` must name a folder, or a revision of the current repository. "
            f"Received: {revision}. In CI, fetch it first (fetch-depth: 0)."
        )
    archive = folder / ".tar"
    done = git("archive", "--format=tar", f"--output={archive}", commit.stdout.strip())
    if not done.returncode:
        done = run("tar", "-xf", str(archive), "-C", str(folder))
    if done.returncode:
        raise ConfigError(f"{revision} could not be extracted from the repository: {' '.join(done.stderr.split())}.")
    archive.unlink()


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git in the working directory."""
    return run("git", *arguments)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command; ConfigError if it is not installed."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ConfigError(f"{command[0]} could not be run: {error.strerror}. Install it, or name a folder.") from None
