"""Convert study files to and from JSON, the format on disk. Invalid content is rejected with its error.

Optional keys that are missing in older files have the defaults of :class:`StudyFile`. Unknown keys are ignored.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from optbench.errors import ConfigError
from optbench.results.schemas import STUDY_FILE
from optbench.spec.decide_by import DEFAULT_DECISION, DecideBy, parse_decide_by
from optbench.spec.job import REPORT_FORMATS, ReportOptions
from optbench.spec.metrics import Direction, MetricRange
from optbench.spec.published import Published
from optbench.spec.study_file import (
    ChosenTrial,
    ImportEntry,
    JobEntry,
    ProblemEntry,
    RacingEntry,
    ReferenceValue,
    RunEntry,
    SettingEntry,
    StudyFile,
    TuningEntry,
)
from optbench.spec.targets import Target

REQUIRED = tuple(key.name for key in STUDY_FILE if key.required)
Item = TypeVar("Item")
Record = TypeVar("Record", Published, ReferenceValue, Target, RunEntry, ImportEntry)


def to_json(study: StudyFile) -> dict[str, Any]:
    """A study file as plain data."""
    return {
        "name": study.name,
        "command": study.command,
        "started": study.started,
        "wall_s": study.wall_s,
        "trained": study.trained,
        "reached_time_limit": study.reached_time_limit,
        "unchosen_runs": study.unchosen_runs,
        "host": study.host,
        "device": study.device,
        "versions": study.versions,
        "settings": {entry.label: dict(entry.hyperparameters) for entry in study.settings},
        "problems": {entry.label: dict(entry.description) for entry in study.problems},
        "published": {e.label: [value._asdict() for value in e.published] for e in study.problems if e.published},
        "report": {key: value for key, value in study.report._asdict().items() if key != "live"},
        "decide_by": str(study.decide_by),
        "metrics": {name: _range_to_json(declared) for name, declared in study.metrics.items()},
        "references": {e.label: [value._asdict() for value in e.references] for e in study.problems if e.references},
        "targets": {label: {**t._asdict(), "values": list(t.values)} for label, t in study.targets.items()},
        "drawn": {entry.label: list(entry.drawn) for entry in study.problems if entry.drawn is not None},
        "majority": {entry.label: dict(entry.majority) for entry in study.problems if entry.majority},
        "imports": [{**entry._asdict(), "notes": list(entry.notes)} for entry in study.imports],
        "jobs": [_job_to_json(job) for job in study.jobs],
        "runs": [run._asdict() for run in study.runs],
    }


def from_json(content: object) -> StudyFile:
    """The study file from plain data.

    Raises:
        ValueError: it is not valid content of a study file. The message describes the error.
    """
    study = _mapping(content, "the file")
    for key in REQUIRED:
        if key not in study:
            raise ValueError(f"`{key}` is missing")
    wall_s, limit = study.get("wall_s"), study.get("reached_time_limit")
    return StudyFile(
        name=_text(study["name"], "name"),
        command=_text(study["command"], "command"),
        started=_text(study["started"], "started"),
        device=_text(study["device"], "device"),
        versions=_text(study["versions"], "versions"),
        problems=_problems(study),
        runs=_items(study["runs"], "runs", _record_reader(RunEntry)),
        settings=tuple(
            SettingEntry(label, _text_by_name(values, "settings"))
            for label, values in _mapping(study.get("settings", {}), "settings").items()
        ),
        jobs=_items(study.get("jobs", []), "jobs", _job),
        report=_report(_mapping(study.get("report", {}), "report")),
        decide_by=_decide_by(study.get("decide_by")),
        metrics={
            name: _range(_mapping(values, f"metrics.{name}"))
            for name, values in _mapping(study.get("metrics", {}), "metrics").items()
        },
        wall_s=None if wall_s is None else _number(wall_s, "wall_s"),
        trained=_integer(study.get("trained", 0), "trained"),
        reached_time_limit=None if limit is None else _number(limit, "reached_time_limit"),
        unchosen_runs=_integer(study.get("unchosen_runs", 0), "unchosen_runs"),
        host=_text(study.get("host", ""), "host"),
        imports=_items(study.get("imports", []), "imports", _record_reader(ImportEntry)),
    )


def _range_to_json(declared: MetricRange) -> dict[str, Any]:
    ends = {"low": declared.low, "high": declared.high}
    return {"direction": declared.direction, **{k: v if math.isfinite(v) else None for k, v in ends.items()}}


def _range(values: Mapping[str, Any]) -> MetricRange:
    direction = _reader_of(Direction)(values.get("direction"), "metrics.direction")
    low, high = (values.get(key) for key in ("low", "high"))
    return MetricRange(
        direction,
        -math.inf if low is None else _number(low, "metrics.low"),
        math.inf if high is None else _number(high, "metrics.high"),
    )


def _decide_by(content: object) -> DecideBy:
    try:
        return parse_decide_by(content) or DEFAULT_DECISION
    except ConfigError as error:
        raise ValueError(str(error)) from None


def _job_to_json(job: JobEntry) -> dict[str, Any]:
    entry: dict[str, Any] = {"overrides": list(job.overrides)}
    entry |= {} if job.label is None else {"label": job.label}
    entry |= {} if job.command is None else {"command": job.command}
    return entry if job.tuning is None else {**entry, "tune": _tuning_to_json(job.tuning)}


def _tuning_to_json(tuning: TuningEntry) -> dict[str, Any]:
    entry = {
        "method": tuning.method,
        "trials": tuning.trials,
        "parameters": list(tuning.parameters),
        "seeds": list(tuning.seeds),
        "choose": tuning.choose,
        "metric": tuning.metric,
    }
    if tuning.racing is not None:
        rungs, trials, steps, of_steps = tuning.racing
        entry["racing"] = {"rungs": list(rungs), "trials": list(trials), "steps": steps, "of_steps": of_steps}
    if tuning.chosen is None:
        return entry
    score = tuning.chosen.score
    return {
        **entry,
        "trial": tuning.chosen.trial,
        "score": score if score is not None and math.isfinite(score) else None,
        "split": tuning.chosen.split,
        "values": dict(tuning.chosen.hyperparameters),
        "at_the_border": list(tuning.chosen.at_the_border),
    }


def _job(content: object, name: str) -> JobEntry:
    job = _mapping(content, name)
    overrides = _items(job.get("overrides", []), f"{name}.overrides", _text)
    tuning = _tuning(_mapping(job["tune"], f"{name}.tune")) if "tune" in job else None
    label, command = (_text(job[key], f"{name}.{key}") if key in job else None for key in ("label", "command"))
    return JobEntry(overrides, tuning, label=label, command=command)


def _tuning(tune: Mapping[str, Any]) -> TuningEntry:
    metric = tune.get("metric")
    return TuningEntry(
        method=_text(tune.get("method"), "tune.method"),
        trials=_integer(tune.get("trials"), "tune.trials"),
        parameters=_items(tune.get("parameters", []), "tune.parameters", _text),
        seeds=_items(tune.get("seeds", []), "tune.seeds", _integer),
        choose=_text(tune.get("choose"), "tune.choose"),
        metric=None if metric is None else _text(metric, "tune.metric"),
        chosen=_chosen(tune) if "values" in tune else None,
        racing=_racing(_mapping(tune["racing"], "tune.racing")) if "racing" in tune else None,
    )


def _racing(racing: Mapping[str, Any]) -> RacingEntry:
    return RacingEntry(
        rungs=_items(racing.get("rungs"), "tune.racing.rungs", _integer),
        trials=_items(racing.get("trials"), "tune.racing.trials", _integer),
        steps=_integer(racing.get("steps"), "tune.racing.steps"),
        of_steps=_integer(racing.get("of_steps"), "tune.racing.of_steps"),
    )


def _chosen(tune: Mapping[str, Any]) -> ChosenTrial:
    score = tune.get("score")
    return ChosenTrial(
        trial=_integer(tune.get("trial"), "tune.trial"),
        score=None if score is None else _number(score, "tune.score"),
        split=_text(tune.get("split"), "tune.split"),
        hyperparameters=_mapping(tune["values"], "tune.values"),
        at_the_border=_items(tune.get("at_the_border", []), "tune.at_the_border", _text),
    )


def _problems(study: Mapping[str, Any]) -> tuple[ProblemEntry, ...]:
    published, references, targets, drawn, majority = (
        _mapping(study.get(key, {}), key) for key in ("published", "references", "targets", "drawn", "majority")
    )
    return tuple(
        ProblemEntry(
            label,
            _text_by_name(description, "problems"),
            _items(published.get(label, []), "published", _record_reader(Published)),
            _items(references.get(label, []), "references", _record_reader(ReferenceValue)),
            _record_reader(Target)(targets[label], "targets") if label in targets else None,
            _items(drawn[label], "drawn", _text) if label in drawn else None,
            {split: _number(v, "majority") for split, v in _mapping(majority.get(label, {}), "majority").items()},
        )
        for label, description in _mapping(study["problems"], "problems").items()
    )


def _report(report: Mapping[str, Any]) -> ReportOptions:
    baseline = report.get("baseline")
    formats = list(_items(report.get("format", ["html"]), "report.format", _text))
    if not set(formats) <= set(REPORT_FORMATS):
        raise ValueError("`report.format` has an unknown format")
    parts = list(_items(report.get("parts", []), "report.parts", _text))
    name = None if baseline is None else _text(baseline, "report.baseline")
    return ReportOptions(name, formats, parts)  # type: ignore[arg-type]


def _record_reader(kind: type[Record]) -> Callable[[object, str], Record]:
    """A function that reads a named tuple whose fields are strings, numbers, integers and booleans."""
    readers = {name: _reader_of(hint) for name, hint in get_type_hints(kind).items()}

    def read(content: object, name: str) -> Record:
        record = _mapping(content, name)
        missing = [field for field in readers if field not in record and field not in kind._field_defaults]
        if missing:
            raise ValueError(f"`{missing[0]}` is missing in `{name}`")
        return kind(**{field: reader(record[field], field) for field, reader in readers.items() if field in record})

    return read


def _reader_of(hint: Any) -> Callable[[object, str], Any]:
    """A function that reads a value of an annotated type. A ``Literal`` accepts only its strings."""
    if get_origin(hint) is tuple:
        member = _reader_of(get_args(hint)[0])
        return lambda content, name: _items(content, name, member)
    choices = get_args(hint)

    def read_choice(content: object, name: str) -> str:
        text = _text(content, name)
        if text not in choices:
            raise ValueError(f"`{name}` is none of {', '.join(choices)}")
        return text

    return read_choice if choices else _READERS[hint]


def _items(content: object, name: str, read: Callable[[object, str], Item]) -> tuple[Item, ...]:
    if not isinstance(content, list):
        raise ValueError(f"`{name}` is no list")
    return tuple(read(each, name) for each in content)


def _mapping(content: object, name: str) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise ValueError(f"`{name}` is no mapping" if name != "the file" else "it holds no mapping")
    return content


def _text_by_name(content: object, name: str) -> dict[str, str]:
    return {key: _text(value, f"{name}.{key}") for key, value in _mapping(content, name).items()}


def _text(content: object, name: str) -> str:
    if not isinstance(content, str):
        raise ValueError(f"`{name}` is no text")
    return content


def _number(content: object, name: str) -> float:
    if isinstance(content, bool) or not isinstance(content, int | float):
        raise ValueError(f"`{name}` is no number")
    return content


def _integer(content: object, name: str) -> int:
    if isinstance(content, bool) or not isinstance(content, int):
        raise ValueError(f"`{name}` is no integer")
    return content


def _boolean(content: object, name: str) -> bool:
    if not isinstance(content, bool):
        raise ValueError(f"`{name}` is neither true nor false")
    return content


_READERS: dict[Any, Callable[[object, str], Any]] = {str: _text, float: _number, int: _integer, bool: _boolean}
