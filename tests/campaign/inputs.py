"""Generated inputs over every key of ``conf/``: one clear line, usage, or accepted and planned; anything else fails."""

import numpy as np
import yaml

from tests.commands import optbench_command
from tests.conftest import CONF, stems

GOAL = 1000
GROUPS = ("optimizer", "schedule", "dataset", "model", "loss", "regularizer", "tune", "executor")
VALUES = (
    *("-1", "0", "1", "3", "0.5", "1e39", "1e-46", "1e30", "1e12", "nan", "inf", "-inf", "null", "true", "''", "[]"),
    *(
        "{}",
        "text",
        "[1,2]",
        "[a,a]",
        "{a: 1}",
        "9" * 400,
        "'../x'",
        "/nope",
        "🚀",
        "'🚀'",
        "${nope}",
        "${oc.env:HOME}",
    ),
    *("'\\x1b[31m'", "1,2", "choice(1,2)", "range(0,0)", "range(1,3)", "os.system", "x" * 300, "'a b'", "=", "%00"),
)
SKIPPED = {"results_dir", "reports_dir", "data_dir", "dry_run", "name", "workers"}


def keys():
    """Every key of conf/config.yaml and of the items, as one writes it."""
    found = ["report.parts", "tune.space"]
    for key, value in yaml.safe_load((CONF / "config.yaml").read_text()).items():
        inner = [f"{key}.{name}" for name in value] if isinstance(value, dict) and key != "hydra" else []
        found += [key, *inner] if key not in ("defaults", "hydra") else []
    for group in GROUPS:
        for stem in stems(group):
            node = yaml.safe_load((CONF / group / f"{stem}.yaml").read_text())
            found += [f"{group}={stem} {group}.{name}" for name in node if name not in ("_target_", "defaults")]
    return [key for key in found if key not in SKIPPED] + ["name"]


def arguments_of(number):
    """The command line of a trial."""
    generator = np.random.default_rng(number)
    listed, given = keys(), []
    for _ in range(int(generator.integers(1, 3))):
        *choice, key = listed[int(generator.integers(len(listed)))].split(" ")
        value = VALUES[int(generator.integers(len(VALUES)))]
        given += [*choice, f"{key}={value}"]
    multirun = ["-m"] if generator.random() < 0.3 else []
    used = {each.partition("=")[0] for each in given}
    small = [each for each in ("dataset=iris", "model=softmax", "name=x") if each.partition("=")[0] not in used]
    return [*multirun, *given, *small, "dry_run=true"]


def trial(number, folder):
    """Run one command line; a sentence if its answer is neither one line, nor usage, nor a plan."""
    folder.mkdir(parents=True, exist_ok=True)
    arguments = arguments_of(number)
    try:
        done = optbench_command(*arguments, cwd=folder)
    except BaseException as error:  # a traceback, as a user would see it
        return f"{arguments}: {type(error).__name__}: {str(error)[:200]}"
    lines = [line for line in done.stderr.splitlines() if "Warning" not in line]
    refused = done.returncode in (1, 2) and len(lines) >= 1 and lines[0].startswith("optbench: ")
    one_line = len(lines) == 1 or "Write it like this" in done.stderr
    planned = done.returncode == 0 and "Nothing was trained" in done.stdout
    if "Traceback" in done.stderr or not ((refused and one_line) or planned):
        return f"{arguments}: exit code {done.returncode}, {done.stderr[:300]!r}"
    return ""
