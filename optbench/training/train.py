"""Train a shard from its first step to its last: the Python code between evaluation points."""

import hashlib
import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optbench.problem.built import BuiltProblem
from optbench.training.batches import Batches
from optbench.training.checkpoint import Checkpoints, NoCheckpoints, TrainState
from optbench.training.diagnosis import STEPS
from optbench.training.early_stopping import Stopped, stopping_of
from optbench.training.lane_states import LaneStates
from optbench.training.loop import Lanes, Program
from optbench.training.population import Carry, end_overflowed, state_bytes
from optbench.training.recorder import MetricRecorder, Recorded

NO_CHECKPOINTS = NoCheckpoints()
BySeed = dict[int, Batches]


class Pause(NamedTuple):
    """Where training pauses, and the states of paused runs."""

    until: int | None  # index of an evaluation point; None for the end
    states: LaneStates


class TrainingResult(NamedTuple):
    """The result of training one shard, lane by lane."""

    steps: list[int]  # the evaluation points
    metrics: list[Any]  # at each point reached, {split: {metric: (lanes,)}}
    params: list[Any]  # evaluated parameters at each lane's last evaluation, (lanes, ...); empty without evaluations
    model_state: list[Any]  # (lanes, ...)
    alive: NDArray[np.bool_]  # (lanes,)
    updates: NDArray[np.int32]  # (lanes,)
    fingerprints: list[str | None]  # None for an interrupted lane
    compile_s: float
    train_s: float
    eval_s: float
    interrupted: bool
    recorded: list[Recorded]  # arrays recorded in addition to metrics
    state_bytes: int  # bytes of optimizer state per lane
    stopped: Sequence[Stopped | None] = ()  # for each lane, where it stopped early; empty if none can


def warm_up(program: Program, lanes: Lanes) -> None:
    """Compile by training no steps and evaluating once. The first shard does this while the others wait."""
    with program.lock:
        if program.compile_s is not None:
            return
        clock = time.perf_counter()
        carry = program.begin(lanes)
        carry, params = program.advance(carry, lanes.floats, lanes.keys, no_batches(program))
        with program.evaluator.lock:
            program.metrics_at_start(params, carry, lanes.floats)
        diagnose(program, lanes, batches_of(lanes, program.structure.built), carry, 0)
        program.compile_s = time.perf_counter() - clock


def train(
    program: Program,
    lanes: Lanes,
    progress: Callable[[int], None],
    stop: Callable[[], bool] = lambda: False,
    checkpoints: Checkpoints | NoCheckpoints = NO_CHECKPOINTS,
    pause: Pause | None = None,
) -> TrainingResult:
    """Train the lanes to the last step, from the first step or from their checkpoint or pause.

    Args:
        program: the compiled program.
        lanes: the runs.
        progress: called after each stretch with its number of steps.
        stop: called between stretches; True ends the shard as interrupted.
        checkpoints: the checkpoints of the run, if there is a single lane.
        pause: where to pause, and the states of runs that paused earlier. None trains to the end.

    Raises:
        ConfigError: the checkpoint is damaged, or belongs to another run.
    """
    warm_up(program, lanes)
    built = program.structure.built
    points = built.evaluation_steps
    batches = batches_of(lanes, built)
    fresh = TrainState(program.begin(lanes), [], [], [], 0.0, 0.0)
    at = checkpoints.resume(fresh)
    at = pause.states.resume(lanes.runs, program.lanes, at) if pause is not None and at is fresh else at
    reachable = points if pause is None or pause.until is None else [step for step in points if step <= pause.until]
    pauses = len(reachable) < len(points)
    recorder = MetricRecorder(built.recordings, lanes.runs)
    if at.metrics:
        at = resume(program, lanes, batches, at, points[len(at.metrics) - 1])
        progress(points[len(at.metrics) - 1])
    stopping = stopping_of(lanes.runs[0].problem.stopping, built, len(lanes.seeds))
    interrupted = False
    for first, last in itertools.pairwise([0, *reachable][len(at.metrics) :]):
        interrupted = stop()
        if interrupted or not np.any(at.carry.alive):
            break
        at = train_stretch(program, lanes, batches, at, first, last)
        at = stopping.after_point(at)
        at = record(recorder, at, last, last == points[-1])
        checkpoints.after_step(at)
        progress(last - first)
    reached, at = len(at.metrics), stopping.complete(at, len(reachable))
    if reached < len(at.metrics) == len(points) and not interrupted:
        at = record(recorder, at, points[-1], last=True)
    if not interrupted and not pauses:
        checkpoints.end(at)
    elif at.metrics:
        checkpoints.write(at)
    if pause is not None and pauses and not interrupted and lanes.runs[0].problem.stopping is None:
        pause.states.keep(lanes.runs, at)
    return collect(program, lanes, batches, at, interrupted)._replace(stopped=stopping.stopped)


def collect(program: Program, lanes: Lanes, batches: BySeed, at: TrainState, interrupted: bool) -> TrainingResult:
    """Collect the result of a shard at its end. The remaining batches of interrupted lanes are not drawn."""
    built, alive = program.structure.built, np.asarray(at.carry.alive)
    ended = [lane for lane in range(len(lanes.seeds)) if not (interrupted and alive[lane])]
    digests = {seed: batches[seed].digest(built.total_steps) for seed in dict.fromkeys(lanes.seeds[i] for i in ended)}
    prints = {lane: fingerprint(built.data_digest, lanes, lane, digests[lanes.seeds[lane]]) for lane in ended}
    return TrainingResult(
        steps=built.evaluation_steps,
        metrics=at.metrics,
        params=at.params,
        model_state=at.carry.model_state,
        alive=alive,
        updates=np.asarray(at.carry.updates),
        fingerprints=[prints.get(lane) for lane in range(len(lanes.seeds))],
        compile_s=program.compile_s or 0.0,
        train_s=at.train_s,
        eval_s=at.eval_s,
        interrupted=interrupted,
        recorded=at.recorded,
        state_bytes=state_bytes(at.carry),
    )


def batches_of(lanes: Lanes, built: BuiltProblem) -> BySeed:
    """The batches of each seed, from the first. Lanes with the same seed share them."""
    examples, problem = built.dataset.train.examples, lanes.runs[0].problem
    return {seed: Batches(problem, seed, examples, built.batch_size) for seed in lanes.seeds}


def resume(program: Program, lanes: Lanes, batches: BySeed, at: TrainState, step: int) -> TrainState:
    """Continue from ``step``: skip the earlier batches, and recompute the evaluated parameters."""
    for of_seed in batches.values():
        of_seed.skip_to(step)
    return at._replace(params=program.advance(at.carry, lanes.floats, lanes.keys, no_batches(program))[1])


def train_stretch(program: Program, lanes: Lanes, batches: BySeed, at: TrainState, first: int, last: int) -> TrainState:
    """Train from step ``first`` to the evaluation point ``last``, and evaluate."""
    clock = time.perf_counter()
    taken = {seed: b.take(last - first) for seed, b in batches.items()}
    indices = np.stack([taken[seed] for seed in lanes.seeds], axis=1)
    carry, params = program.advance(at.carry, lanes.floats, lanes.keys, indices)
    carry = end_overflowed(at.carry, carry)  # waits for the device
    trained = time.perf_counter()
    evaluate = program.metrics if at.metrics else program.metrics_at_start
    metrics = evaluate(params, carry, lanes.floats)
    for measured in diagnose(program, lanes, batches, carry, last):
        metrics = {split: {**of_split, **measured.get(split, {})} for split, of_split in metrics.items()}
    train_s, eval_s = trained - clock, time.perf_counter() - trained
    return TrainState(carry, params, [*at.metrics, metrics], at.recorded, at.train_s + train_s, at.eval_s + eval_s)


def diagnose(
    program: Program, lanes: Lanes, batches: BySeed, carry: Carry, point: int
) -> list[dict[str, dict[str, NDArray[Any]]]]:
    """The diagnostics that are due at an evaluation point, ``{split: {metric: (lanes,)}}``. They use the next steps,
    which are not applied."""
    if not any(point in diagnosis.steps for diagnosis in program.diagnoses):
        return [diagnosis.nothing() for diagnosis in program.diagnoses]
    coming = {seed: b.peek(STEPS) for seed, b in batches.items()}
    indices = np.stack([coming[seed] for seed in lanes.seeds], axis=1)
    return [
        diagnosis.measure(carry, lanes.params, lanes.floats, lanes.keys, indices)
        if point in diagnosis.steps
        else diagnosis.nothing()
        for diagnosis in program.diagnoses
    ]


def record(recorder: MetricRecorder, at: TrainState, step: int, last: bool) -> TrainState:
    """Record the arrays that are requested in addition to metrics."""
    clock = time.perf_counter()
    new = recorder.record(step, last, at.params, at.carry.model_state, at.carry.alive)
    return at._replace(recorded=[*at.recorded, *new], eval_s=at.eval_s + time.perf_counter() - clock)


def no_batches(program: Program) -> NDArray[np.int32]:
    """The batches of zero steps, int32 (0, lanes, batch)."""
    return np.zeros((0, program.lanes, program.structure.built.batch_size), np.int32)


def fingerprint(data_digest: str, lanes: Lanes, lane: int, batches_digest: bytes) -> str:
    """A hash of what a fair comparison holds equal: data, initial weights and batches."""
    text = hashlib.sha256(data_digest.encode())
    for tensor in (*lanes.params, *lanes.model_state):
        text.update(np.ascontiguousarray(tensor[lane]).data)
    text.update(batches_digest)
    return text.hexdigest()[:16]
