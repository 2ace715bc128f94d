"""optbench without what Windows lacks: see :mod:`tests.runtime.windows`."""

import sys

import pytest

from optbench.runtime.durable import sync_folder, write_bytes
from optbench.runtime.files import write_text
from tests.commands import environment_of_a_user, optbench_command
from tests.forks import start_code
from tests.runtime import windows

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is open is read from /proc")
IMPORT_ALL = """
import sys
from tests.runtime import windows
for name in [name for name in sys.modules if name.split(".")[0] == "optbench"]:
    del sys.modules[name]
sys.modules.update(dict.fromkeys(windows.MODULES))
print(len(windows.modules()), "optbench.cli.main" in sys.modules)
"""


def test_all_modules_are_imported_without_those_of_posix(tmp_path, request):
    environment = {**environment_of_a_user(), "PYTHONPATH": str(request.config.rootpath)}
    done = start_code(IMPORT_ALL, cwd=tmp_path, env=environment).wait()
    assert done.returncode == 0, done.stderr
    count, has_main = done.stdout.split()
    assert (int(count) > 300, has_main) == (True, "True")


@pytest.fixture(scope="module")
def as_windows():
    """A process that meets what Windows refuses, for the tests of this file."""
    with pytest.MonkeyPatch.context() as patch:
        windows.simulate(patch)
        yield


def test_the_simulation_refuses_what_windows_refuses(as_windows, tmp_path):
    for name in ("CON", "aux.txt", "a:b", "dot.", "space "):
        with pytest.raises(OSError, match="syntax"):
            (tmp_path / name).write_text("")
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(PermissionError):
        (tmp_path / "file").replace(tmp_path / "folder")
    with (tmp_path / "file").open() as file:
        for act in (lambda: (tmp_path / "file").replace(tmp_path / "other"), (tmp_path / "file").unlink):
            with pytest.raises(PermissionError, match="used"):
                act()
        assert file.read() == ""
    (tmp_path / "file").unlink()
    with pytest.raises(OSError, match="privilege"):
        (tmp_path / "link").symlink_to(tmp_path / "folder")


def test_files_are_written_whole(as_windows, tmp_path):
    write_text(tmp_path / "file", "one")
    write_text(tmp_path / "file", "two")
    write_bytes(tmp_path / "other", b"three")
    sync_folder(tmp_path)
    assert (tmp_path / "file").read_text() == "two"


def test_a_study_of_any_name_is_trained_reported_and_handed_on(as_windows, tmp_path):
    name, small = "name=CON", ["epochs=1", "seeds=2", "timing=false", "eval.points=2", "model.hidden=[4]"]
    study = ["-m", "optimizer=sgd,adam", "weights.save=true", "checkpoint.every=1", name, *small]
    commands = [
        study,
        [*study, "seeds=3"],
        ["export", "CON", "--to", "csv"],
        ["publish", "CON", "--to", "handed on", "--without", "page"],
        ["import", "runs.csv", "--name", "a: b?. "],
        ["results", "prune", "--yes"],
    ]
    (tmp_path / "runs.csv").write_text("optimizer,learning_rate,seed,val_loss\nsgd,0.1,0,0.5\nsgd,0.1,1,0.6\n")
    for command in commands:
        done = optbench_command(*command, cwd=tmp_path)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    names = sorted(path.name for path in (tmp_path / "results" / "studies").glob("*.json"))
    assert names == ["a~3A b~3F.~20.json", "~43ON.json"]
