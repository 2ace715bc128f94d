"""``optbench.keras.Recorder``: a callback of ``keras.Model.fit`` that records its run for a comparison."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import keras

from optbench.importing.names import parse_metric
from optbench.importing.record import RecordedRun, record
from optbench.spec.status import RunStatus

VALIDATION = "val_"


class RunRecorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Record the metrics of each epoch: those of training as ``train``, and those of validation data as ``valid``.

    Args:
        study: the name of the study.
        problem: what is minimized: data and model.
        optimizer: the name of the optimizer.
        seed: an integer >= 0.
        hyperparameters: values by name. If the learning rate is missing, it is taken from the model's optimizer.
        minimize: metrics for which lower values are better. The direction of common metrics is inferred from their
            names.
        maximize: metrics for which higher values are better. Metrics of unknown direction are not recorded.
        paired: see :func:`optbench.record`.
        results_dir: the folder of results.

    Raises:
        ConfigError: an argument is wrong.
    """

    def __init__(
        self,
        study: str,
        *,
        problem: str,
        optimizer: str,
        seed: int,
        hyperparameters: Mapping[str, Any] | None = None,
        minimize: Sequence[str] = (),
        maximize: Sequence[str] = (),
        paired: Literal["seed"] | None = None,
        results_dir: str | Path = "results",
    ) -> None:
        super().__init__()
        self._given = hyperparameters or {}
        self._arguments: dict[str, Any] = {
            **{"study": study, "problem": problem, "optimizer": optimizer, "seed": seed, "paired": paired},
            **{"minimize": minimize, "maximize": maximize, "results_dir": results_dir},
        }
        record(hyperparameters=self._given, **self._arguments)  # check arguments before training
        self._run: RecordedRun | None = None
        self._steps = 0

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Start a run."""
        rate = learning_rate(self.model.optimizer)
        values = {**({"learning_rate": rate} if rate is not None else {}), **self._given}
        self._run, self._steps = record(hyperparameters=values, **self._arguments), 0

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Count a step."""
        self._steps += 1

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record the metrics of an epoch."""
        assert self._run is not None
        for name, value in (logs or {}).items():
            metric = parse_metric(name.removeprefix(VALIDATION)).metric
            if self._run.knows_direction(metric):
                split = "valid" if name.startswith(VALIDATION) else "train"
                self._run.log(self._steps, split=split, epoch=epoch + 1, **{metric: value})

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Write the run."""
        if self._run is not None:
            self._run.close(RunStatus.DONE)
            self._run = None


def learning_rate(optimizer: Any) -> float | None:
    """The learning rate of a Keras optimizer; None if it is a schedule."""
    rate = optimizer.get_config().get("learning_rate")
    return float(rate) if isinstance(rate, int | float) or hasattr(rate, "__float__") else None
