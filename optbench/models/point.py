"""A point, for test functions: the parameters themselves are the outputs."""

from typing import Annotated, Any

import numpy as np

from optbench.config.parameters import NonNegative
from optbench.errors import ConfigError
from optbench.models.base import MIXED, Arrays, Inputs, Model
from optbench.random.streams import stream

Tensor = Any


def point(
    inputs: Inputs,
    start: list[float] = [-1.2, 1.0],  # noqa: B006 - read, never written
    jitter: Annotated[float, NonNegative] = 0.0,
) -> Model:
    """One vector of parameters, which is the output for every input.

    Args:
        inputs: the data to fit: examples without inputs, such as those of ``dataset=none``.
        start: the start point of every seed, one number per dimension. If targets have several numbers, a single number
            is repeated for all of them.
        jitter: standard deviation of a normal displacement of the start, at least 0. Each seed draws its displacement
            from the stream of initial weights; with 0, the runs of all seeds are identical.

    Raises:
        ConfigError: there is data, the precision is bfloat16, or the start has no numbers.
    """
    if inputs.shape != (0,):
        raise ConfigError(
            f"`model=point` reads no data. Received: examples of shape {list(inputs.shape)}. "
            "Take dataset=none and a test function, such as loss=rosenbrock."
        )
    if inputs.dtype == MIXED:
        raise ConfigError(
            "`model=point` has no layers that could compute in bfloat16. Received: precision=bfloat16. Take float32."
        )
    if not start:
        raise ConfigError("`model.start` must hold a number for each dimension. Received: model.start=[].")
    position = start * inputs.outputs if len(start) == 1 < inputs.outputs else start

    def init(key: str) -> tuple[Arrays, Arrays]:
        displacement = jitter * stream("weights", key, "position").normal(size=len(position))
        return [np.asarray(position + displacement, inputs.dtype)], []

    def apply(params: list[Tensor], state: list[Tensor], x: Tensor, training: bool, seed: Tensor) -> Any:
        return params[0][None], state  # output for the only example

    return Model(
        init=init,
        apply=apply,
        names=["position"],
        shapes=[(len(position),)],
        outputs=len(position),
        output_activation="linear",
        compute="dense",
        place=lambda params: params[0],
    )
