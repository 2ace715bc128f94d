"""``README.md`` of a published study: answer, problems, commands, versions, and how to check and read it."""

from collections.abc import Mapping, Sequence
from typing import Any

from optbench.spec.study_file import StudyFile

FILES = {
    "index.html": "The page: the answer, the leaderboard and the figures. Any browser opens it.",
    "tables/*.csv": "The tables of the page, for spreadsheets.",
    "runs.parquet": "One row per run, with its configuration, seed, fingerprint and labels.",
    "curves.parquet": "The metrics of each run at each evaluation point.",
    "timings.parquet": "The time of one training step of each setting, on the machine named below.",
    "study.json": "How the study came about: jobs, labels, targets, what decides.",
    "published.json": "Versions, commands and the answer, for programs.",
    "SHA256SUMS": "The digest of every file.",
}
MOST_COMMANDS = 40  # maximum number of commands listed; published.json has all


def format_readme(study: StudyFile, facts: Mapping[str, Any], has_page: bool) -> str:
    """Return the text of the file.

    Args:
        study: the study file.
        facts: the content of ``published.json``.
        has_page: whether the folder has the page.
    """
    sections = [
        f"# {on_one_line(study.name)}\n\nA study of optimizers, published by optbench.",
        "## Answer\n\n" + "\n\n".join(map(on_one_line, facts["answer"])),
        "## Problems\n\n" + format_problems(study),
        "## Commands\n\nThe study:\n\n" + as_code([study.command]) + format_job_commands(facts["job_commands"]),
        "## Versions\n\n" + format_versions(study, facts),
        "## Check and read\n\n" + format_reading(),
        "## Files\n\n" + format_files(has_page) + format_omissions(facts),
    ]
    return "\n\n".join(section.rstrip("\n") for section in sections) + "\n"


def format_problems(study: StudyFile) -> str:
    """Return a list that describes the problems."""
    lines = []
    for entry in study.problems:
        lines.append(f"- **{on_one_line(entry.label)}**")
        lines += [f"  - {on_one_line(topic)}: {on_one_line(text)}" for topic, text in entry.description.items()]
    return "\n".join(lines)


def format_job_commands(commands: Sequence[str]) -> str:
    """Return the commands of single jobs."""
    listed = list(commands[:MOST_COMMANDS])
    more = len(commands) - len(listed)
    rest = f"\n\n{more} more are in `published.json`." if more else ""
    return "\n\nSingle jobs, with the hyperparameters that were chosen:\n\n" + as_code(listed) + rest


def format_versions(study: StudyFile, facts: Mapping[str, Any]) -> str:
    """Return the versions, the machine and the time."""
    versions = [f"- {on_one_line(name)} {on_one_line(version)}" for name, version in facts["versions"].items()]
    return "\n".join([*versions, f"- {on_one_line(study.device)}", f"- started {on_one_line(study.started)}"])


def format_reading() -> str:
    """Return instructions for checking, reading and merging the folder."""
    return (
        "`sha256sum -c SHA256SUMS` checks the files. optbench checks them whenever it reads the folder:\n\n"
        + as_code(
            [
                "import optbench as ob",
                "",
                'published = ob.load_study("path/of/this/folder")',
                'merged = ob.load_study("mine").merge(published)  # where fingerprints agree',
                "merged.left_out                                  # and why the rest is not merged",
            ]
        )
        + "\n\n"
        + as_code(["python -m optbench report mine path/of/this/folder --name merged"])
    )


def format_files(has_page: bool) -> str:
    """Return the list of files as a table."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in FILES.items() if has_page or name != "index.html"]
    return "\n".join(["| file | content |", "| --- | --- |", *rows])


def format_omissions(facts: Mapping[str, Any]) -> str:
    """Return what was left out."""
    points = facts["points"]
    said = [] if points is None else [f"Of each curve at most {points} evenly spaced points are kept."]
    said += [f"Left out: {', '.join(facts['left_out'])}."] if facts["left_out"] else []
    return "\n\n" + " ".join(said) if said else ""


def as_code(lines: Sequence[str]) -> str:
    """Return lines as an indented code block, which nothing in them can end."""
    return "\n".join(f"    {line}".rstrip() for text in lines for line in text.splitlines() or [""])


def on_one_line(text: object) -> str:
    """Return text on one line, without characters that Markdown would interpret as HTML."""
    return " ".join(str(text).split()).replace("<", "&lt;")
