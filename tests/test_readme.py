"""The README and the pages on rules and tables, tried: the rule, the snippets and the commands, as they stand there."""

import re
import subprocess
import sys

import pytest

import optbench
from tests.commands import environment_of_a_user, optbench_command
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf8")
DOCS = ROOT / "docs"
OWN_RULE = (DOCS / "your-rule.md").read_text(encoding="utf8").partition("## Did it get worse?")[0]
TABLES = (DOCS / "tables.md").read_text(encoding="utf8")
PAGES = [README, *(path.read_text(encoding="utf8") for path in sorted(DOCS.glob("*.md")))]


def blocks(text, language):
    """The code blocks of a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder with the README's rule and its yaml."""
    folder = tmp_path_factory.mktemp("own")
    (rule,) = blocks(OWN_RULE, "python")
    (folder / "my_package").mkdir()
    (folder / "my_package" / "rules.py").write_text(rule)
    (folder / "my_conf" / "optimizer").mkdir(parents=True)
    (folder / "my_conf" / "optimizer" / "my_momentum.yaml").write_text(blocks(OWN_RULE, "yaml")[0])
    return folder


def test_the_readmes_rule_is_compared_by_the_readmes_command(own):
    (command,) = re.findall(r"^python -m optbench -m .*$", OWN_RULE, flags=re.MULTILINE)
    done = optbench_command(*command.split()[3:], "name=own", "epochs=2", "timing=false", cwd=own)
    assert done.returncode == 0, done.stderr
    runs, _ = optbench.load(own / "results", study="own")
    assert runs.groupby("setting")["status"].unique().map(list).to_dict() == {"adam": ["done"], "my_momentum": ["done"]}


def test_the_readmes_rule_keeps_the_contract(own):
    (rule,) = re.findall(r"^python -m optbench.conformance (.*)$", OWN_RULE, flags=re.MULTILINE)
    done = optbench_command(rule, module="optbench.conformance", cwd=own)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", [README, TABLES], ids=["README", "tables"])
def test_the_lines_for_notebooks_work(demo, page):
    lines = "".join(blocks(page, "python")) + "assert len(runs) == 24\n"
    done = subprocess.run([sys.executable, "-c", lines], cwd=demo[1], env=environment_of_a_user(), check=False)
    assert done.returncode == 0


TARGETS = sorted(
    {target for page in PAGES for target in re.findall(r"(?:^|`)(make [a-z][\w-]*)", page, flags=re.MULTILINE)}
)


@pytest.mark.parametrize("target", TARGETS)
def test_a_make_target_of_a_page_exists(target):
    assert f"\n{target.split()[1]}:" in (ROOT / "Makefile").read_text()


def test_the_readme_is_two_screens():
    assert len(README.splitlines()) <= 90


def test_files_that_the_readme_links_to_exist():
    links = [link for link in re.findall(r"\]\(([^)#]+)", README) if "://" not in link]
    assert len(links) > 20
    assert [link for link in links if not (ROOT / link).exists()] == []
