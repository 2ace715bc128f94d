"""Try what ``make dist`` built: ``python -m tests.try_dist dist`` installs the wheel elsewhere, and uses it.

The source distribution is built into a wheel of its own, which must hold the same files. The wheel is installed into a
new environment, with nothing but what it asks for; then ``pip check``, a comparison and its page.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPARISON = ["-m", "optbench", "-m", "optimizer=sgd,adam", "epochs=2", "seeds=2", "name=tried"]
BIN = "Scripts" if os.name == "nt" else "bin"
ANSWER = "import optbench as ob; study = ob.load_study('tried'); print(ob.__version__, study.verdict)"


def files_of(wheel: Path) -> set[str]:
    """The names of the files in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def the_only(folder: Path, pattern: str) -> Path:
    """The one file of a folder that fits a pattern."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        sys.exit(f"{folder} must hold one {pattern}. Found: {', '.join(path.name for path in found) or 'none'}")
    return found[0]


def run(*command: object, cwd: Path) -> None:
    """Run a command away from the repository; end with its exit code where it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "OPTBENCH"))}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with exit code {done.returncode}")


def compare_with_sdist(wheel: Path, sdist: Path, folder: Path) -> None:
    """Build a wheel from the source distribution; it must hold what the wheel holds."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    run(*pip, "--wheel-dir", folder, sdist, cwd=folder)
    different = files_of(wheel) ^ files_of(the_only(folder, "*.whl"))
    if different:
        sys.exit(f"The wheel and that of the source distribution differ in {', '.join(sorted(different)[:5])}")


def use(wheel: Path, folder: Path) -> None:
    """Install a wheel into a new environment in a folder, and compare two optimizers with it."""
    venv.create(folder / "environment", with_pip=True)
    python = folder / "environment" / BIN / "python"
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel, cwd=folder)
    run(*pip, "check", cwd=folder)
    run(python, *COMPARISON, cwd=folder)
    run(python, "-c", ANSWER, cwd=folder)
    if not (folder / "reports" / "tried" / "index.html").is_file():
        sys.exit("The comparison wrote no page.")


def main() -> None:
    """Try the wheel and the source distribution of a folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.try_dist", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("dist", type=Path, help="the folder with a wheel and a source distribution")
    dist = parser.parse_args().dist.resolve()
    wheel, sdist = the_only(dist, "*.whl"), the_only(dist, "*.tar.gz")
    with tempfile.TemporaryDirectory() as temporary:
        (again := Path(temporary, "again")).mkdir()
        compare_with_sdist(wheel, sdist, again)
        use(wheel, Path(temporary))
    sys.stdout.write(f"{wheel.name} and {sdist.name} were tried\n")


if __name__ == "__main__":
    main()
