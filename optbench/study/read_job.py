"""Read a composed configuration into a :class:`JobSpec`.

All errors in a configuration are found here, before anything is built or trained.
"""

from collections.abc import Mapping
from typing import Any

from optbench.config.build import check, is_node, locate, make
from optbench.config.parameters import TARGET, Node, check_arguments, check_size, format_value, unknown_name
from optbench.errors import ConfigError
from optbench.losses.auto import is_auto
from optbench.problem.built import check_problem_nodes
from optbench.problem.diagnose import read_diagnose
from optbench.problem.metrics import read_metrics, with_decisive
from optbench.runtime.files import file_name
from optbench.spec.decide_by import DEFAULT_DECISION, DecideBy, parse_decide_by
from optbench.spec.job import (
    REPORT_FORMATS,
    BatchOptions,
    CheckpointOptions,
    EvalOptions,
    JobConfig,
    JobSpec,
    ProblemOptions,
    ReferenceOptions,
    ReportOptions,
    StudyOptions,
    WeightOptions,
)
from optbench.spec.labels import rule_name
from optbench.spec.run import NO_WRAPPER, PROBLEM_GROUPS, SETTING_GROUPS, Budget, ProblemConfig, Setting, Stopping
from optbench.spec.targets import Target, TargetOptions, read_target
from optbench.spec.tuning import Tuning
from optbench.study.check_numbers import check_counts
from optbench.study.check_parts import check_regularizer, check_setting_parts, make_part
from optbench.study.kinds import check_returned_kind, check_target_kind
from optbench.study.published import published_values
from optbench.study.read_groups import read_groups
from optbench.study.rule_example import check_signature
from optbench.study.trial_settings import trial_settings

GROUPS = (*SETTING_GROUPS, *PROBLEM_GROUPS)
OLDER_DECISIONS = {"tune.metric", "tune.choose"}  # keys that decide_by replaces


KEYS = (
    *GROUPS,
    "wrapper",
    "diagnose",
    "tune",
    "executor",
    *StudyOptions._fields,
    *ProblemOptions._fields,
    *ReferenceOptions._fields,
    "seeds",
    "metrics",
    "decide_by",
    "batches",
    "eval",
    "report",
    "published",
    "published_from",
    "target",
    "checkpoint",
    "weights",
)


def read_job(job: JobConfig) -> JobSpec:
    """Check a job's configuration.

    Raises:
        ConfigError: any part of it is wrong.
    """
    config = job.config
    for key in config:
        if key not in KEYS:
            raise ConfigError(unknown_name(f"`{key}`", key, KEYS))
    for key in KEYS:
        if key not in config:
            raise ConfigError(f"`{key}` is needed and was taken away. Leave ~{key} out.")
    if config["name"] is None or not str(config["name"]).strip():
        raise ConfigError("`name` must not be empty. Leave it out for the date and time.")
    problem, setting, seeds = _problem(job), _setting(job), read_seeds(config["seeds"])
    checkpoint: CheckpointOptions = _options(CheckpointOptions, config, "checkpoint")
    if problem.stopping is not None and checkpoint.every is not None:
        raise ConfigError(
            "`patience` and `checkpoint.every` cannot be combined: a checkpoint has no best point. "
            f"Received: patience={problem.stopping.patience} and checkpoint.every={checkpoint.every}. Leave one out."
        )
    tune = check(_node(config, "tune"), "tune")
    tuning: Tuning | None = make(tune)
    check_returned_kind(tuning, "tune", locate(tune[TARGET]))
    check_loss_kind(problem.loss)
    return JobSpec(
        problem=problem,
        setting=setting,
        seeds=seeds,
        study=_options(StudyOptions, config),
        report=_report(config),
        published=published_values(job, problem.metrics),
        target=_target(config),
        decide_by=_decide_by(job),
        checkpoint=checkpoint,
        weights=_options(WeightOptions, config, "weights"),
        executor=check(_node(config, "executor"), "executor"),
        tune=tune,
        tune_name=job.choices["tune"],
        tuning=tuning,
        trials=_trials(tuning, problem, setting, seeds),
        references=_options(ReferenceOptions, config).reference,
        overrides=list(job.overrides),
    )


def read_seeds(value: Any) -> list[int]:
    """Seeds from a number (0 .. n-1) or a list."""
    received = f"Received: seeds={format_value(value)}."
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 1e3 is read as a float
    if isinstance(value, bool) or not isinstance(value, int | list):
        raise ConfigError(f"`seeds` must be a count, such as 8, or a list, such as [1,2,3]. {received}")
    if isinstance(value, int):
        check_size(value, "`seeds`", received)
        check_counts(value, 0)
    seeds = list(range(value)) if isinstance(value, int) else value
    if not seeds or any(isinstance(s, bool) or not isinstance(s, int) or not 0 <= s < 2**63 for s in seeds):
        raise ConfigError(f"`seeds` must be a count of at least 1, or a list of whole numbers from 0 on. {received}")
    if len(set(seeds)) < len(seeds):
        raise ConfigError(f"`seeds` must not name a seed twice. {received}")
    return seeds


def check_loss_kind(node: Node) -> None:
    """Raise ConfigError unless a problem's loss has the right type; that of ``loss=auto`` depends on the data."""
    target = locate(node[TARGET])
    if not is_auto(node) and not str(target.__module__).startswith("optbench."):
        check_returned_kind(make_part(node, "loss"), "loss", target)


LONGEST_NAME = 240  # bytes of a file name, below the limit of 255 of file systems


def check_name_length(name: str) -> None:
    """Raise ConfigError if the name of a study is too long for its files."""
    length = len(file_name(name).encode())
    if length > LONGEST_NAME:
        raise ConfigError(
            f"`name` must be at most {LONGEST_NAME} bytes long as the name of a file. Received: {length} bytes, "
            f"name={name[:20]}... Choose a shorter one."
        )


def _report(config: Mapping[str, Any]) -> ReportOptions:
    report: ReportOptions = _options(ReportOptions, config, "report")
    if not report.format:
        raise ConfigError(
            f"`report.format` must name at least one of {', '.join(REPORT_FORMATS)}. Received: report.format=[]."
        )
    if report.parts:
        from optbench.report.own_parts import check_parts  # matplotlib is imported only when needed

        check_parts(report.parts)
    return report


def _trials(tuning: Tuning | None, problem: ProblemConfig, setting: Setting, seeds: list[int]) -> list[Setting]:
    if tuning is None:
        return []
    shared = set(seeds) & set(tuning.trial_seeds)
    if shared:
        raise ConfigError(f"`seeds` must not name a seed of the trials. Received: {min(shared)}. Take smaller ones.")
    check_counts(0, tuning.trials * tuning.seeds)
    return trial_settings(tuning, problem, setting)


def _target(config: Mapping[str, Any]) -> Target | None:
    return None if config["target"] is None else read_target(_options(TargetOptions, config, "target"))


def _decide_by(job: JobConfig) -> DecideBy | None:
    decide_by = parse_decide_by(job.config["decide_by"])
    older = sorted(job.overridden & OLDER_DECISIONS)
    if decide_by is not None and older:
        raise ConfigError(
            f"`decide_by` and `{older[0]}` are one choice. Received: decide_by={decide_by} and "
            f"{older[0]}={format_value(job.config['tune'].get(older[0].partition('.')[2]))}. Leave {older[0]} out."
        )
    return decide_by


def _problem(job: JobConfig) -> ProblemConfig:
    config = job.config
    options = _options(ProblemOptions, config)
    look = _options(EvalOptions, config, "eval")
    decide_by = parse_decide_by(config["decide_by"])
    nodes = check_problem_nodes({group: _node(config, group) for group in PROBLEM_GROUPS}, job.overridden)
    check_regularizer(nodes["regularizer"])
    return ProblemConfig(
        **nodes,
        batch_size=options.batch_size,
        order=_options(BatchOptions, config, "batches").order,
        budget=Budget(options.epochs if options.steps is None else 0, options.steps, look.points),
        precision=options.precision,
        names={group: job.choices[group] for group in PROBLEM_GROUPS},
        drop_last=look.drop_last,
        metrics=with_decisive(read_metrics(config["metrics"]), decide_by),
        stopping=stopping(options.patience, decide_by),
        diagnose=read_diagnose(config["diagnose"]),
    )


def stopping(patience: int | None, decide_by: DecideBy | None) -> Stopping | None:
    """When runs stop early. ``.best`` makes no difference, because these runs end at their best point."""
    return None if patience is None else Stopping(patience, str((decide_by or DEFAULT_DECISION)._replace(best=False)))


def _setting(job: JobConfig) -> Setting:
    given = {group: _node(job.config, group) for group in SETTING_GROUPS}
    groups = given["optimizer"].pop("groups", None)
    if TARGET in given["optimizer"]:
        check_signature(locate(given["optimizer"][TARGET]))
    nodes = {group: check(node, group) for group, node in given.items()}
    wrappers = _wrappers(job.config["wrapper"])
    wrapper = {**NO_WRAPPER, "wrappers": list(wrappers.values())}
    check_setting_parts(nodes["optimizer"], nodes["schedule"], wrappers)  # building them may reject more than types
    name = "+".join([rule_name(job.choices["optimizer"], nodes["optimizer"]), *wrappers])
    names = {**{group: job.choices[group] for group in SETTING_GROUPS}, "optimizer": name}
    return Setting(**nodes, names=names, wrapper=wrapper, groups=read_groups(groups, nodes["optimizer"]))


def _wrappers(value: Any) -> dict[str, Node]:
    """The checked node of each wrapper by the stem of its YAML file, in order."""
    if not isinstance(value, Mapping):
        raise ConfigError(
            f"`wrapper` must list files of conf/wrapper in brackets. Received: wrapper={format_value(value)}."
        )
    if TARGET in value:
        raise ConfigError(
            "The YAML file of a wrapper must hold the wrapper under a name, because there may be several. "
            f"Received: {TARGET}: {value[TARGET]} without a name. Write NAME: {{{TARGET}: ...}}, as in conf/wrapper."
        )
    for name, node in value.items():
        if is_node(node):
            check_target_kind(locate(node[TARGET]), f"wrapper.{name}")
    return {str(name): check(node, f"wrapper.{name}") for name, node in value.items()}


def _node(config: Mapping[str, Any], group: str) -> Node:
    if not isinstance(config.get(group), Mapping):
        raise ConfigError(
            f"`{group}` must name a file of conf/{group}. Received: {group}={format_value(config.get(group))}."
        )
    node = dict(config[group])
    if TARGET in node:
        check_target_kind(locate(node[TARGET]), group)
    return node


def _options(kind: type[Any], config: Mapping[str, Any], path: str = "") -> Any:
    """The checked values of ``config`` at ``path``. At the top level, other keys are ignored."""
    values = config[path] if path else {name: config[name] for name in kind._fields}
    if not isinstance(values, Mapping):
        names = ", ".join(f"{path}.{name}" for name in kind._fields)
        raise ConfigError(f"`{path}` is a group of keys: {names}. Received: {path}={format_value(values)}.")
    if kind is StudyOptions:
        values = {**values, "name": str(values["name"])}  # Hydra reads name=1 as a number
        check_name_length(values["name"])
        for key in ("results_dir", "reports_dir", "data_dir"):
            if isinstance(values[key], str) and not values[key].strip():
                raise ConfigError(
                    f"`{key}` must be a folder. Received: {key}=''. Leave it out, or write {key}=. for here."
                )
    return kind(**check_arguments(kind, values, path))
