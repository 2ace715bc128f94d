"""Files that are written for a run in addition to its rows: checkpoints during training, weights at the end.

Both are written to the results folder by the process that trains the run, so remote workers must have access to it.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblem
from optbench.results.weight_files import write_weights
from optbench.spec.job import SaveOptions
from optbench.spec.labels import problem_words
from optbench.spec.run import Run
from optbench.spec.status import FINISHED
from optbench.sweep.plan import Shard
from optbench.sweep.record import Tables
from optbench.training.checkpoint import Checkpoints, NoCheckpoints, check_resumable, checkpoint_folder
from optbench.training.train import NO_CHECKPOINTS, TrainingResult


def check_visible(save_options: SaveOptions) -> None:
    """Raise ConfigError if files are to be written to a folder that does not exist."""
    if (save_options.alone or save_options.weights) and not Path(save_options.results, "studies").is_dir():
        raise ConfigError(
            f"Checkpoints and weights are written to {save_options.results}, which the worker does not see. "
            "Share the folder with the workers, or leave checkpoint.every and weights.save out."
        )


def check_checkpoints(save_options: SaveOptions, shards: Sequence[Shard]) -> None:
    """Raise ConfigError if a run cannot resume from its checkpoint. Nothing is changed."""
    if save_options.alone:
        for shard in shards:
            check_resumable(save_options.results, shard.runs[0], shard.program.mode)


def delete_checkpoints(save_options: SaveOptions, shards: Sequence[Shard]) -> None:
    """Remove the checkpoints of runs that are to be trained again."""
    for run in (run for shard in shards for run in shard.runs):
        shutil.rmtree(checkpoint_folder(save_options.results, run.run_id), ignore_errors=True)


def checkpoints_of(save_options: SaveOptions, shard: Shard, built: BuiltProblem) -> Checkpoints | NoCheckpoints:
    """The checkpoints of a shard with one run, if they are requested."""
    if save_options.every is None:
        return NO_CHECKPOINTS
    steps, points = save_options.every * built.steps_per_epoch, built.evaluation_steps
    return Checkpoints(save_options.results, shard.runs[0], shard.program.mode, points, steps, save_options.keep)


def save_weights(
    save_options: SaveOptions, shard: Shard, built: BuiltProblem, trained: TrainingResult, tables: Tables
) -> None:
    """Write the weights of the runs that ended, if requested. A diverged run has the weights at which it stopped."""
    if not save_options.weights:
        return
    model = built.model
    state_names = model.state_names or [f"state/{i}" for i in range(len(trained.model_state))]
    names, tensors = [*model.names, *state_names], [*trained.params, *trained.model_state]
    for lane, (run, status) in enumerate(zip(shard.runs, tables.runs["status"], strict=True)):
        if status in FINISHED:
            weights = {name: np.asarray(t)[lane] for name, t in zip(names, tensors, strict=True)}
            write_weights(save_options.results, run.run_id, describe_run(run, status), weights)


def describe_run(run: Run, status: str) -> str:
    """Describe a run: optimizer, problem, seed, status and id."""
    problem = " ".join(problem_words(run.problem.names))
    return f"{run.setting.names['optimizer']} on {problem}, seed {run.seed}, {status}, run {run.run_id}"
