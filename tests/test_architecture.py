"""The architecture of ``optbench/``: which package may import which, what lies where, and which names there are."""

import ast
import subprocess
import sys
from itertools import chain

import pytest
import yaml

import optbench
from tests.conftest import CONF, ROOT
from tests.import_graph import ORDER, cycles, imported, imports, modules, packages_of, upward_imports

FILES = modules(ROOT)
GRAPH = imports(ROOT)
COMMANDS = {"crosscheck", "weights", "conformance", "regression"}  # a __main__.py each, so that their commands stay
LOOSE = {"__init__.py", "__main__.py", "errors.py", "pytest_plugin.py", "py.typed"}
WITHOUT_TENSORFLOW = ("api", "cli", "study", "report", "analysis", "results", "spec", "config", "errors")


def imports_of(file, inside_functions=True):
    """The first part of every name that a file imports."""
    tree = ast.parse(file.read_text(encoding="utf8"))
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    found = [name for name, node in imported(tree) if inside_functions or id(node) not in inside]
    return {name.split(".")[0] for name in found}


def who_imports(library):
    """The packages of ``optbench/`` that import a library anywhere."""
    return {name.split(".")[1] for name, file in FILES.items() if library in imports_of(file)}


def test_every_package_has_its_place_in_the_order():
    folders = {path.name for path in (ROOT / "optbench").iterdir() if (path / "__init__.py").exists()}
    assert folders == {*ORDER, *COMMANDS} - {"errors"}


def test_imports_go_down():
    assert upward_imports(ROOT) == []


def test_there_are_no_cycles():
    assert cycles(GRAPH) == []
    assert cycles(packages_of(GRAPH)) == []


def test_nothing_lies_loose():
    assert {path.name for path in (ROOT / "optbench").iterdir() if path.is_file()} == LOOSE


@pytest.mark.parametrize(("library", "packages"), [("hydra", {"cli"}), ("pyarrow", {"results", "sweep"})])
def test_a_library_stays_in_its_package(library, packages):
    assert who_imports(library) == packages


SHARED_SOURCES = {  # what optbench/cli/shared_sources.py makes cheap, for which Hydra has no option
    "hydra._internal.config_loader_impl.ConfigLoaderImpl",
    "hydra._internal.config_repository.ConfigRepository",
}


def test_of_hydra_only_public_names_are_imported():
    files = [*FILES.values(), *(ROOT / "hydra_plugins").glob("*.py")]
    names = {name for file in files for name, _ in imported(ast.parse(file.read_text(encoding="utf8")))}
    of_hydra = {name for name in names if name.split(".")[0] == "hydra"}
    assert "hydra.plugins.sweeper.Sweeper" in of_hydra
    assert {name for name in of_hydra if any(part.startswith("_") for part in name.split("."))} == SHARED_SOURCES


def test_tensorflow_waits_until_something_is_built():
    names = [name for name in FILES if name.split(".")[1:2] and name.split(".")[1] in WITHOUT_TENSORFLOW]
    direct = {name for name in names if {"tensorflow", "keras"} & imports_of(FILES[name], inside_functions=False)}
    assert direct == set()


def test_the_package_and_the_report_import_without_tensorflow():
    code = "import sys, optbench, optbench.report.page, optbench.cli.main; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_imports_from_the_tests():
    assert [name for name, file in FILES.items() if "tests" in imports_of(file)] == []


def test_no_public_name_is_a_packages():
    assert set(optbench.__all__) & {*ORDER, *COMMANDS, "keras"} == set()


def test_a_class_name_means_one_thing():
    trees = ((name, ast.parse(file.read_text(encoding="utf8"))) for name, file in FILES.items())
    found = {}
    for module, tree in trees:
        for node in chain.from_iterable(ast.iter_child_nodes(n) for n in (tree,)):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(module)
    twice = {name: places for name, places in found.items() if len(places) > 1 and not name.startswith("_")}
    assert twice == {}


def test_every_target_of_the_configuration_exists_under_its_own_path():
    def targets(value):
        """Every ``_target_`` inside plain data."""
        if isinstance(value, dict):
            yield from (v for k, v in value.items() if k == "_target_")
            yield from chain.from_iterable(map(targets, value.values()))
        elif isinstance(value, list):
            yield from chain.from_iterable(map(targets, value))

    named = {t for path in CONF.rglob("*.yaml") for t in targets(yaml.safe_load(path.read_text(encoding="utf8")))}
    assert named
    assert {target.rpartition(".")[0] for target in named} <= set(FILES)


SYSTEM = "optbench.runtime.system"  # the only module that knows what operating systems have
OF_LINUX = ("/proc", "/dev/", "/sys/")
OF_POSIX = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
CALLS = {
    "os": {"fork", "forkpty", "getuid", "geteuid", "getgid", "getpgid", "getpgrp", "kill", "killpg", "mkfifo", "nice",
           "name", "openpty", "sched_getaffinity", "setpgid", "setsid", "sysconf", "uname", "wait", "waitpid",
           "O_NOATIME", "WNOHANG", "getloadavg", "chown", "lchown", "statvfs", "confstr"},
    "signal": {"SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGSTOP", "SIGCONT", "alarm", "pause",
               "setitimer", "pthread_kill", "sigwait"},
    "sys": {"platform", "getwindowsversion"},
    "platform": {"system", "libc_ver", "freedesktop_os_release"},
    "multiprocessing": {"set_start_method"},
}  # fmt: skip


def is_of_one_system(text):
    """Whether a string is a path of Linux, a start method of processes, or the name of a call of POSIX."""
    return text.startswith(OF_LINUX) or text in {"fork", "forkserver"} | CALLS["os"] - {"name", "nice", "wait", "kill"}


def of_one_system(tree):
    """What a syntax tree uses that only some operating systems have, or that asks which one this is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in CALLS.get(node.value.id, ()):
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and is_of_one_system(node.value):
            yield node.value
    names = [name.split(".") for name, _ in imported(tree)]
    yield from (".".join(name) for name in names if name[0] in OF_POSIX or name[-1] in CALLS.get(name[0], ()))


def test_only_one_module_knows_what_operating_systems_have():
    files = FILES | {path.stem: path for path in (ROOT / "hydra_plugins").glob("*.py")}
    found = {name: sorted(of_one_system(ast.parse(file.read_text(encoding="utf8")))) for name, file in files.items()}
    assert {name for name, used in found.items() if used} == {SYSTEM}, found


@pytest.mark.parametrize(
    "line",
    ["import fcntl", "from os import fork", "os.kill(1, 2)", "Path('/proc/self')", "sys.platform == 'linux'",
     "from signal import SIGKILL", "multiprocessing.get_context('fork')", "getattr(os, 'O_NOATIME', 0)"],
)  # fmt: skip
def test_what_only_some_systems_have_is_found(line):
    assert list(of_one_system(ast.parse(line)))


def text_without_encoding(tree):
    """The calls that read or write text in the encoding of the system, which is another one on Windows."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            place = {"read_text": 0, "write_text": 1}.get(node.func.attr)
            is_named = any(keyword.arg == "encoding" for keyword in node.keywords)
            if place is not None and len(node.args) <= place and not is_named:
                yield f"{node.lineno}: {ast.unparse(node)}"


def test_text_files_have_an_encoding():
    trees = {name: ast.parse(file.read_text(encoding="utf8")) for name, file in FILES.items()}
    found = {name: list(text_without_encoding(tree)) for name, tree in trees.items()}
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert list(text_without_encoding(ast.parse("path.write_text(text)"))) == ["1: path.write_text(text)"]
