"""One problem's part of the page: its tables as text, and its panels."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optbench.analysis import present, tables
from optbench.parameters import shown
from optbench.report.colors import css_variables, optimizer_colors
from optbench.report.panels import SPLITS, Panels

CHOICES = {  # what a problem's tables say of how something in them was chosen
    "valid": "",
    "test": "There is no validation split: whatever is chosen is chosen on test, which flatters it.",
    "train": "There is no validation and no test split: whatever is chosen is chosen on train.",
}


@dataclass(frozen=True)
class Data:
    """Everything a report is made of."""

    study: dict[str, Any]
    runs: pd.DataFrame  # those that are compared
    trials: pd.DataFrame  # those that a setting was chosen by
    curves: pd.DataFrame
    timings: pd.DataFrame
    quarantined: list[str]


def overview(data: Data) -> dict[str, Any]:
    """What was compared, and what went wrong."""
    runs = data.runs
    bad = pd.concat([runs, data.trials]).query("status in ['failed', 'interrupted']")
    reasons = bad.groupby(["setting", "problem", "status", "status_detail"], sort=False).size()
    missing = len(data.study["runs"]) - len(runs) - len(data.trials)
    return {
        "optimizers": list(dict.fromkeys(runs["optimizer"])),
        "settings": settings_table(data.study["settings"]),
        "problems": list(dict.fromkeys(runs["problem"])),
        "seeds": sorted(set(runs["seed"])),
        "runs": len(runs),
        "diverged": int((runs["status"] == "diverged").sum()),
        "unfinished": [
            {"setting": setting, "problem": problem, "status": status, "why": why, "runs": count}
            for (setting, problem, status, why), count in reasons.items()
        ],
        "missing": missing,
        "tuned": tuned_table(data.study),
        "trials": len(data.trials),
        "quarantined": data.quarantined,
        "versions": json.loads(data.study["versions"]),
        "hosts": sorted(set(runs["host"])),
    }


def settings_table(settings: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    """Each setting with everything that it consists of."""
    return [
        {"setting": label, "values": ", ".join(f"{name} {value}" for name, value in values.items())}
        for label, values in settings.items()
    ]


def tuned_table(study: dict[str, Any]) -> list[dict[str, str]]:
    """For each job that was tuned, what was chosen and from what."""
    named = {run["job"]: f"{run['setting']} on {run['problem']}" for run in study["runs"] if run["role"] == "run"}
    chosen = [(n, job["tune"]) for n, job in enumerate(study["jobs"]) if n in named and "values" in job.get("tune", {})]
    return [
        {
            "setting": named[number],
            "values": ", ".join(f"{name} {shown(value)}" for name, value in tune["values"].items()),
            "how": f"best of {tune['trials']} by {tune['choose']} {tune['split']} {tune['metric']}, {tune['method']}",
            "border": ", ".join(tune["at_the_border"]),
        }
        for number, tune in chosen
    ]


def problem_section(data: Data, problem: str, number: int) -> dict[str, Any]:
    """Tables and figures of ``problem``, the study's ``number``-th."""
    runs = data.runs[data.runs["problem"] == problem]
    compared = tables.compared(runs)
    curves = data.curves[data.curves["run_id"].isin(compared["run_id"])]
    section = {
        "title": problem,
        "anchor": f"problem-{number}",
        "about": {**data.study["problems"][problem], "Same start": fingerprint(compared)},
        "cost": cost_rows(runs, data.timings),
    }
    if curves.empty:
        return {**section, "metrics": [], "chosen": [], "figures": {"steps": [], "seconds": [], "final": []}}
    values = tables.final_values(compared, curves)
    final = tables.summary(values)
    at_best = tables.summary(tables.values_at_best_valid(compared, curves))
    chosen_on, chosen = tables.choosing_split(final["split"]), tables.best_settings(final)
    shades = optimizer_colors(data.runs["optimizer"])
    shown = compared[compared["setting"].isin(chosen["setting"])]
    panels = Panels(
        bands=tables.bands(shown, curves),
        seeds=curves.merge(shown[["run_id", "setting", "optimizer"]], on="run_id"),
        values=values[values["setting"].isin(chosen["setting"])],
        step_s=tables.step_times(shown, data.timings).set_index("setting")["step_s"],
        shades=shades,
        prefix=f"p{number}",
    )
    return {
        **section,
        "metrics": [metric_table(final, at_best, metric) for metric in dict.fromkeys(final["metric"])],
        "chosen": legend(chosen, shades),
        "chosen_on": chosen_on,
        "choice": CHOICES[chosen_on],
        "best_valid": len(at_best) > 0,
        "figures": panels.drawn(),
    }


def legend(chosen: pd.DataFrame, shades: dict[str, str]) -> list[dict[str, Any]]:
    """Colour, setting and, where it was chosen among several, from how many."""
    variables = css_variables()
    return [
        {"color": variables[shades[row.optimizer]], "setting": row.setting, "of": int(row.of)}
        for row in chosen.itertuples()
    ]


def metric_table(final: pd.DataFrame, at_best: pd.DataFrame, metric: str) -> dict[str, Any]:
    """Final values of one metric, a row a setting, a cell a split."""
    last, best = final[final["metric"] == metric], at_best[at_best["metric"] == metric]
    columns = [(split, last[last["split"] == split]) for split in SPLITS if (last["split"] == split).any()]
    if len(best):
        columns.append(("test at best valid", best))
    by_setting = [table.set_index("setting").to_dict("index") for _, table in columns]
    rows = [
        {"setting": setting, "cells": [cell(metric, of_split[setting]) for of_split in by_setting]}
        for setting in dict.fromkeys(last["setting"])
    ]
    unit = ", %" if metric.endswith("accuracy") else ""
    return {"metric": metric, "unit": unit, "columns": [name for name, _ in columns], "rows": rows}


def cell(metric: str, row: dict[str, float]) -> dict[str, str]:
    """Median with quartiles, mean with its interval."""

    def shown(value: float) -> str:
        return present.metric_value(metric, value)

    spread = f"{shown(row['q25'])} to {shown(row['q75'])}"
    top = 1.0 if metric.endswith("accuracy") else np.inf
    mean = f"{shown(row['mean'])} [{shown(row['mean_low'])}, {shown(min(row['mean_high'], top))}]"
    return {"median": shown(row["median"]), "spread": spread, "mean": mean if np.isfinite(row["mean"]) else "–"}


def cost_rows(runs: pd.DataFrame, timings: pd.DataFrame) -> list[dict[str, str]]:
    """How each setting's runs ended, how large the model is, what a step costs."""
    times = tables.step_times(runs, timings).set_index("setting")
    counts = tables.endings(runs).set_index("setting")
    rows = []
    for setting, group in runs.groupby("setting", sort=False):
        ending, at = counts.loc[setting], sorted(group["diverged_at_step"].dropna().astype(int))
        first = f" (first at step {at[0]})" if at else ""
        rows.append(
            {
                "setting": str(setting),
                "done": f"{ending['done']} of {len(group)}",
                "diverged": present.share(ending["diverged"], len(group)) + first,
                "failed": present.share(ending["failed"] + ending["interrupted"], len(group)),
                "parameters": f"{int(group['parameters'].iloc[0]):,}",
                **time_cells(times.loc[setting] if setting in times.index else None),
            }
        )
    return rows


def time_cells(time: pd.Series | None) -> dict[str, str]:
    """The time of one step alone and its ratio to sgd's, each with its 95 % interval."""
    if time is None:
        return {"step": "–", "interval": "", "ratio": "–", "ratio_interval": ""}
    return {
        "step": present.seconds(time["step_s"]),
        "interval": f"{present.seconds(time['low'])} to {present.seconds(time['high'])}",
        "ratio": present.number(time["ratio_to_sgd"]),
        "ratio_interval": f"{present.number(time['ratio_low'])} to {present.number(time['ratio_high'])}",
    }


def fingerprint(runs: pd.DataFrame) -> str:
    """That all settings started alike, in words; ``tables.compared`` has refused them otherwise."""
    seeds = runs["seed"].nunique()
    prints = "".join(sorted(set(runs["fingerprint"].dropna())))
    short = hashlib.blake2b(prints.encode(), digest_size=4).hexdigest()
    return f"data, initial weights and batches agree across settings for each of {seeds} seeds (fingerprint {short})"
