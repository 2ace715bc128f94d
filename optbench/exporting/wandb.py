"""Export to Weights & Biases, offline: one folder per run, which ``wandb sync`` uploads."""

import shutil
from pathlib import Path
from typing import Any

from optbench.errors import ConfigError
from optbench.exporting.extras import import_extra
from optbench.exporting.runs import Export, ExportedRun


def write_offline_runs(export: Export, folder: Path) -> None:
    """Write offline runs in a group, and an additional one with the page.

    Raises:
        ConfigError: the package is not installed, or fails.
    """
    wandb = import_extra("wandb", "wandb")
    try:
        for run in export.runs:
            write_run(wandb, export.name, run, folder)
        started = wandb.init(**options(wandb, export.name, folder), name=export.name, job_type="study")
        started.log({"page": wandb.Html(export.page.read_text(encoding="utf8"), inject=False)})
        started.finish()
    except wandb.errors.Error as error:
        raise ConfigError(f"wandb failed: {' '.join(str(error).split())}") from None
    finally:
        wandb.teardown()
    remove_logs(folder)
    (folder / "index.html").write_bytes(export.page.read_bytes())


def write_run(wandb: Any, study: str, run: ExportedRun, folder: Path) -> None:
    """Write one run."""
    started = wandb.init(
        **options(wandb, study, folder),
        id=run.run_id,
        name=run.name,
        config={**run.facts, "tags": dict(run.tags)},
        tags=[run.optimizer[:64], run.status],
        job_type="run",
    )
    for step, values in run.by_step():
        started.log(values, step=step)
    started.summary["status"] = run.status
    started.finish(exit_code=0 if run.status in ("done", "pruned") else 1)


def remove_logs(folder: Path) -> None:
    """Remove logs and links to them, because they name this machine and its folders."""
    for link in [path for path in folder.rglob("*") if path.is_symlink()]:
        link.unlink()
    for logs in folder.rglob("logs"):
        shutil.rmtree(logs)


def options(wandb: Any, study: str, folder: Path) -> dict[str, Any]:
    """The options of all runs of a study: nothing is sent, and no information on this machine or code is recorded."""
    settings = wandb.Settings(
        silent=True, console="off", x_disable_stats=True, x_disable_meta=True, disable_git=True, save_code=False
    )
    return {"project": "optbench", "group": study, "dir": folder, "mode": "offline", "settings": settings,
            "reinit": "create_new"}  # fmt: skip
