"""The training loop: one compiled function over many steps, and its inputs.

Program     begin, advance     compiled once for all runs of one structure
Evaluator   metrics            compiled once for all optimizers on one problem
Lanes       the runs of one shard, side by side
"""

import itertools
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.config.build import flatten
from optbench.datasets.base import Split
from optbench.errors import ConfigError
from optbench.models.base import Model
from optbench.optimizers.base import Optimizer
from optbench.problem.problem import Keys
from optbench.random.streams import key
from optbench.spec.run import Run
from optbench.training import population
from optbench.training.compiled import CompiledFunction, Mode, as_separate_function
from optbench.training.diagnosis import DiagnosisProgram
from optbench.training.evaluation_memo import EvaluationMemo
from optbench.training.host_metrics import finish_on_host
from optbench.training.population import Carry, Floats, Structure

Tensor = Any
LANES, LANES_OF_TINY = 8, 32
TINY = 1_000  # parameters; below, calling the program costs more than a step of all its lanes
LANES_PAY_UP_TO = 1_000_000  # parameters; above, a single run keeps the machine busy


def compile_mode(asked: str, model: Model) -> Mode:
    """Resolve ``auto``: XLA for dense models, and on a CPU graph mode for all others.

    Raises:
        ConfigError: XLA was requested but cannot compile the model.
    """
    if asked == "xla" and model.graph_only:
        raise ConfigError(
            f"`compile=xla` cannot compile the layer {model.graph_only[0]}. Received: compile=xla. Take compile=auto."
        )
    if asked != "auto":
        return asked  # type: ignore[return-value]
    dense = model.compute == "dense" or (model.compute != "other" and tf.config.list_physical_devices("GPU"))
    return "xla" if dense and not model.graph_only else "graph"


def lanes_for(mode: Mode, model: Model, optimizer: Optimizer) -> int:
    """The number of runs trained side by side. It depends only on the problem and the rule, so that curves do too."""
    pay = mode != "eager" and model.compute == "dense" and model.parameters <= LANES_PAY_UP_TO
    if not pay or optimizer.lanes == "one":
        return 1
    return LANES_OF_TINY if model.parameters < TINY else LANES


class Evaluator:
    """The compiled metrics of one problem's lanes."""

    def __init__(self, structure: Structure, lanes: int, mode: Mode, name: str = "", kept: str = "") -> None:
        def metrics(params: list[Tensor], model_state: list[Tensor], floats: Floats, splits: dict[str, Split]) -> Any:
            return population.evaluate(structure, lanes, params, model_state, floats, splits)

        self.metrics = CompiledFunction(metrics, mode, name, kept)
        self.memo = EvaluationMemo()
        self.lock = threading.Lock()


class Program:
    """The compiled training of the runs of one structure."""

    def __init__(
        self,
        structure: Structure,
        lanes: int,
        mode: Mode,
        evaluator: Evaluator,
        name: str = "",
        kept: str = "",
        diagnoses: Sequence[DiagnosisProgram] = (),
    ) -> None:
        self.structure, self.lanes, self.mode, self.evaluator = structure, lanes, mode, evaluator
        self.diagnoses = diagnoses  # nodes of the diagnostics
        points = structure.built.evaluation_steps
        self.stretch = max((b - a for a, b in itertools.pairwise(points)), default=0)
        self.lock = threading.Lock()
        self.compile_s: float | None = None
        self._advance = CompiledFunction(
            self._advance_lanes, mode, name, kept, like=lambda carry, *_: (carry, carry.params)
        )

    def _advance_lanes(
        self, carry: Carry, floats: Floats, keys: Keys, indices: Tensor, steps: Tensor, train: Split
    ) -> tuple[Carry, Any]:
        lanes = self.lanes
        step = as_separate_function(partial(population.one_step, self.structure, lanes), self.mode)
        numbers = population.into_loop((floats, keys), lanes)
        batches = indices if lanes > 1 else indices[:, 0]

        def body(i: Tensor, carry: Carry) -> tuple[Tensor, Carry]:
            x, y = tf.nest.map_structure(lambda t: tf.gather(t, batches[i]), train)
            return i + 1, step(carry, *numbers, x, y)

        inside = population.into_loop(carry, lanes)
        _, inside = tf.while_loop(lambda i, _: i < steps, body, (tf.constant(0), inside))
        carry = population.out_of_loop(inside, lanes)
        return carry, population.evaluation_params(self.structure, lanes, carry, floats)

    def begin(self, lanes: "Lanes") -> Carry:
        """The population before its first step. The rule is initialized lane by lane, which costs less than a trace."""
        numbers = {path: of_lanes.numpy() for path, of_lanes in lanes.floats.items()}  # slicing a tensor takes longer

        def initialize(lane: int) -> Any:
            floats = {path: tf.constant(of_lanes[lane]) for path, of_lanes in numbers.items()}
            return self.structure.rule(floats).init([tf.constant(p[lane]) for p in lanes.params])

        states = [initialize(lane) for lane in range(len(lanes.runs))]
        states += [states[-1]] * (self.lanes - len(states))
        return population.start(lanes.params, lanes.model_state, states)

    def advance(
        self, carry: Carry, floats: Floats, keys: Keys, indices: NDArray[np.int32]
    ) -> tuple[Carry, list[Tensor]]:
        """Train ``len(indices)`` steps.

        Args:
            carry: the population.
            floats: numbers by path, each (lanes,).
            keys: of the runs' random numbers, each (lanes, 2).
            indices: int32 (steps, lanes, batch) into the training split, at most ``stretch`` steps.

        Returns:
            the population, and the parameters at which to evaluate it.
        """
        steps = len(indices)
        padded = np.zeros((max(self.stretch, 1), *indices.shape[1:]), np.int32)  # one shape means one compilation
        padded[:steps] = indices
        train = self.structure.built.data.train
        after: tuple[Carry, list[Tensor]] = self._advance(
            carry, floats, keys, tf.constant(padded), tf.constant(steps), train
        )
        return after

    def metrics(self, params: list[Tensor], carry: Carry, floats: Floats) -> Any:
        """The metrics of each lane on each split, NumPy arrays (lanes,)."""
        needed, built = numbers_of_metrics(floats), self.structure.built
        evaluated = self.evaluator.metrics(params, carry.model_state, needed, built.data.evaluated)
        return finish_on_host(tf.nest.map_structure(np.asarray, evaluated), built)

    def metrics_at_start(self, params: list[Tensor], carry: Carry, floats: Floats) -> Any:
        """The same metrics at the initial weights, which other programs of the problem also evaluate; cached."""
        inputs = [*params, *carry.model_state, *numbers_of_metrics(floats).values()]
        return self.evaluator.memo.get(inputs, lambda: self.metrics(params, carry, floats))


def numbers_of_metrics(floats: Floats) -> Floats:
    """The numbers on which metrics depend, ordered by name."""
    return {path: floats[path] for path in sorted(floats) if path.startswith(("loss.", "regularizer."))}


class Lanes(NamedTuple):
    """The runs of one shard, padded to the width of the program with copies of the last run."""

    runs: Sequence[Run]  # without the copies
    seeds: list[int]
    floats: Floats
    keys: Keys  # each uint32 (lanes, 2)
    params: list[NDArray[Any]]  # (lanes, ...)
    model_state: list[NDArray[Any]]


def lanes_of(program: Program, runs: Sequence[Run], floats: Sequence[dict[str, float]]) -> Lanes:
    """Draw the initial weights of ``runs`` and stack their numbers, lane by lane."""
    padding = program.lanes - len(runs)
    padded = [*runs, *[runs[-1]] * padding]
    model = program.structure.built.model
    drawn = {run.seed: model.init(initial_weights_name(run)) for run in runs}  # of one data set and model
    initial = [drawn[run.seed] for run in padded]
    columns = [*floats, *[floats[-1]] * padding]
    dtype = padded[0].problem.dtype
    assert all(column.keys() == columns[0].keys() for column in columns)  # one structure, hence the same names
    return Lanes(
        runs=runs,
        seeds=[run.seed for run in padded],
        floats={path: tf.constant([c[path] for c in columns], dtype) for path in columns[0]},
        keys=Keys(*(tf.constant(np.stack(keys)) for keys in zip(*map(keys_of, padded), strict=True))),
        params=[np.stack(values) for values in zip(*(params for params, _ in initial), strict=True)],
        model_state=[np.stack(values) for values in zip(*(state for _, state in initial), strict=True)],
    )


def initial_weights_name(run: Run) -> str:
    """The name of the random stream of a run's initial weights: data set, model and seed."""
    return str([flatten(run.problem.dataset), flatten(run.problem.model), run.seed])


def keys_of(run: Run) -> Keys:
    """The keys of a run's random numbers. They do not depend on the optimizer, so that settings are paired."""
    names = (flatten(run.problem.dataset), run.problem.batch_size, run.seed)
    return Keys(*(key(stream, *names) for stream in Keys._fields))
