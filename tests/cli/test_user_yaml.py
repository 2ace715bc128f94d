"""Users' YAML files that cannot be read: one line each, which names the file."""

import pytest

from optbench.cli.user_yaml import check_file, check_folder
from optbench.errors import ConfigError
from tests.commands import optbench_command
from tests.conftest import CONF

BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
FILES = {
    "number": (b"_target_: a.b\n1: 2\n", "must have names for keys. Received: 1: ... in line 2."),
    "boolean": (b"on: 2\n", "must have names for keys. Received: on: ... in line 1."),
    "list for a key": (b"? [1, 2]\n: 3\n", "must have names for keys."),
    "encoding": ("_target_: größe\n".encode("latin-1"), "must be encoded in UTF-8. Received: invalid"),
    "utf16": ("_target_: a\n".encode("utf-16"), "must be encoded in UTF-8."),
    "bomb": (BOMB.encode(), "must have at most 100,000 values with its aliases written out."),
    "itself": (b"a: &a\n  b: *a\n", "has an alias inside its own anchor, in line"),
    "broken": (b"a: [1,\n", "is not a YAML file: "),
    "deep": (b"a: " + b"[" * 3000, "is not a YAML file: "),
}


@pytest.mark.parametrize("kind", FILES)
def test_it_is_refused_in_one_line(tmp_path, kind):
    content, message = FILES[kind]
    (tmp_path / "mine.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as error:
        check_file(tmp_path / "mine.yaml")
    assert str(error.value).startswith(f"{tmp_path}/mine.yaml {message}")
    assert "\n" not in str(error.value)


def test_our_files_and_aliases_that_are_few_pass(tmp_path):
    check_folder(CONF)
    (tmp_path / "mine.yaml").write_text("a: &a {x: 1}\nb: *a\nc: {<<: *a, 0: 1.5}\n")
    check_folder(tmp_path)


def test_the_command_line_reads_the_users_folder_first(tmp_path):
    (tmp_path / "my_conf" / "optimizer").mkdir(parents=True)
    (tmp_path / "my_conf" / "optimizer" / "mine.yaml").write_text("1: 2\n")
    done = optbench_command("--config-dir", "my_conf", "optimizer=mine", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "optimizer/mine.yaml must have names for keys" in done.stderr
