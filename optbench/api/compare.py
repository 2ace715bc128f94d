"""``compare``: train optimizers on problems and return the study."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from optbench.api.display import make_display
from optbench.api.jobs import Options, job_specs, new_name, read_options, study_command
from optbench.api.optimizers import held_objects, read_competitors
from optbench.api.problem import Problem, read_problems
from optbench.api.study import Study
from optbench.errors import ConfigError
from optbench.study.run import run_study


def compare(
    optimizers: Any,
    *,
    model: Any = None,
    data: Any = None,
    target: str | int | list[str] | None = None,
    validation_data: Any = None,
    test_data: Any = None,
    problem: Any = None,
    loss: Any = "auto",
    metrics: Any = "auto",
    decide_by: str | None = None,
    schedule: Any = None,
    wrappers: Any = (),
    diagnose: Any = (),
    regularizer: Any = None,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | Literal["full"] | None = None,
    seeds: int | Sequence[int] | None = None,
    tune: str | None = None,
    trials: int = 16,
    search_space: Mapping[str, Any] | None = None,
    class_weight: Any = None,
    patience: int | None = None,
    time_limit: float | None = None,
    name: str | None = None,
    results_dir: str | Path = "results",
    reports_dir: str | Path = "reports",
    force: bool = False,
    progress: Literal["auto"] | bool = "auto",
) -> Study:
    """Train optimizers on the same data, initial weights and batches, and compare them.

    This is the equivalent of ``python -m optbench -m optimizer=...``. Both share one store: finished runs of either are
    not trained again. Runs are identified by the source of functions and the content of arrays.

    Args:
        optimizers: a list whose items are names (``"adam"``), :func:`optbench.optimizer` objects, functions that return
            an optimizer, or Keras classes; or ``{label: item}``.
        model: a name (``"mlp"``), ``{name: {argument: value}}``, or a function that returns a ``keras.Model``. None is
            the network ``mlp``, or the experiment's.
        data: ``(x, y)``; a DataFrame, with ``target``; a finite ``tf.data.Dataset``; a dict of these for ``train``,
            ``valid`` and ``test``; a name (``"digits"``), ``{name: {argument: value}}``; or a function that returns
            data.
        target: the column of a DataFrame to predict.
        validation_data: as ``data``, if ``data`` is in memory. None holds out a fifth of the examples.
        test_data: as ``validation_data``. If only ``validation_data`` is given, there is no test split.
        problem: replaces the arguments above: a :class:`Problem`, the name of an experiment, or a list of these.
        loss: ``"auto"``, which depends on the targets; a name; a function ``(y_true, y_pred)`` that returns one number
            per example; or a Keras loss class.
        metrics: ``"auto"``, which is accuracy for classification; or a list of names and functions.
        decide_by: the metric by which settings are chosen and compared: ``"f1"``, ``"test.f1"``, ``"valid.auc.best"``.
            None is the final loss on the validation split.
        schedule: of the learning rate, a name or ``{name: {argument: value}}``. None is constant.
        wrappers: a list of names or of ``{name: {argument: value}}``, in the order in which they are applied to the
            gradient.
        diagnose: diagnostics of training, a list of ``"basics"``, ``"curvature"`` or ``{name: {argument: value}}``. See
            ``docs/diagnostics.md``.
        regularizer: a name or ``{name: {argument: value}}``. None is no regularizer, or the experiment's.
        epochs: length of training in epochs. None is 20, or the experiment's.
        steps: length of training in steps, in place of ``epochs``.
        batch_size: number of examples per batch, or ``"full"``. None is 32, or the experiment's.
        seeds: the number of runs of each optimizer, or a list of seeds. None is 8.
        tune: how the learning rate is tuned for each optimizer: ``"sobol"``, ``"random"``, ``"grid"``, ``"halving"``.
            None is no tuning.
        trials: the number of settings tried for each optimizer.
        search_space: the hyperparameters to tune and their ranges, ``{"learning_rate": (1e-4, 1e-1)}``. A range may
            also be ``{"values": [...]}``. None is the learning rate, in the range that the rule declares.
        class_weight: ``"balanced"`` or ``{class: weight}``.
        patience: number of evaluation points without improvement of the deciding metric, after which a run stops and
            returns to its best point. None is never: every run uses its whole budget.
        time_limit: seconds from the call after which training stops; None is no limit. The finished runs are reported,
            and repeating the call trains the rest. See ``docs/python.md``.
        name: the name of the study. None is the date and time.
        results_dir: the folder of results.
        reports_dir: the folder of reports.
        force: train finished runs again.
        progress: ``"auto"``, True or False.

    Returns:
        The study: its verdict, tables and figures, and the recommended setting.

    Raises:
        ConfigError: an argument is wrong; it is a ``ValueError``, and nothing was trained.
        StoreError: the results cannot be written.
        KeyboardInterrupt: Ctrl-C was pressed, or the kernel was interrupted; what was trained is kept.

    >>> import optbench as ob
    >>> study = ob.compare(["sgd", "adam"], data="iris", steps=20, seeds=2, progress=False)
    >>> study.leaderboard["optimizer"].tolist()
    ['sgd', 'adam']
    """
    shared = Problem(
        data=data,
        target=target,
        validation_data=validation_data,
        test_data=test_data,
        model=model,
        loss=loss,
        metrics=metrics,
        class_weight=class_weight,
        regularizer=regularizer,
        epochs=epochs,
        steps=steps,
        batch_size=batch_size,
    )
    options = Options(
        name=new_name(results_dir) if name is None else check_name(name),
        results_dir=str(results_dir),
        reports_dir=str(reports_dir),
        seeds=seeds,
        decide_by=decide_by,
        schedule=schedule,
        wrappers=wrappers,
        diagnose=diagnose,
        tune=tune,
        trials=trials,
        search_space=search_space,
        patience=patience,
        time_limit=time_limit,
        force=force,
    )
    display = make_display(progress)
    competitors, problems = read_competitors(optimizers), read_problems(problem, shared)
    held = [*held_objects(competitors), *(h for each in problems for h in each.held), *read_options(options).held]
    specs = job_specs(problems, competitors, options)
    result = run_study(specs, display, study_command(specs, options))
    return Study(result, results_dir, reports_dir, held)


def check_name(name: object) -> str:
    """The name of a study; ConfigError unless it is a string."""
    if isinstance(name, str) and name.strip():
        return name
    raise ConfigError(f"`name` of a study must be a text. Received: {name!r}. Leave it out for the date and time.")
