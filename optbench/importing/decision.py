"""Choose the metric by which settings are compared, among the recorded ones."""

import pandas as pd

from optbench.errors import ConfigError
from optbench.importing.tables import RunTable, list_names
from optbench.spec.decide_by import DEFAULT_DECISION, SELECTION_ORDER, DecideBy, parse_decide_by

COLUMNS = ["problem", "split", "metric"]
PREFERRED = ("loss", "accuracy", "error", "score")


def choose_decision(table: RunTable, given: str | None) -> tuple[DecideBy, list[str]]:
    """Return the metric by which settings are compared, with a note if it was chosen here.

    The loss is chosen if it was recorded on every problem, else the metric recorded on the most problems. The split is
    validation, or its replacement.

    Raises:
        ConfigError: the metric that the user names was not recorded.
    """
    recorded = recorded_metrics(table)
    names = sorted({f"{split}.{metric}" for split, metric in zip(recorded["split"], recorded["metric"], strict=True)})
    decide = parse_decide_by(given)
    if decide is not None:
        of_metric = set(recorded.loc[recorded["metric"] == decide.metric, "split"])
        if not of_metric or (decide.split != "valid" and decide.split not in of_metric):
            raise ConfigError(
                f"`--decide-by` must name a metric that was recorded. Received: {given}. There is: {list_names(names)}."
            )
        return decide, []
    counts = recorded.groupby("metric", observed=True)["problem"].nunique()
    order = {name: place for place, name in enumerate(PREFERRED)}
    metric = min(map(str, counts.index), key=lambda name: (-counts[name], order.get(name, len(order)), name))
    if "loss" in counts and counts["loss"] == counts.max():
        metric = "loss"
    split = next(s for s in SELECTION_ORDER if ((recorded["metric"] == metric) & (recorded["split"] == s)).any())
    decide = DecideBy(metric, split)
    chosen = [] if decide == DEFAULT_DECISION else [f"compared by {decide} (--decide-by SPLIT.METRIC chooses another)"]
    return decide, chosen


def recorded_metrics(table: RunTable) -> pd.DataFrame:
    """Return ``problem, split, metric`` of all finite values, or of all values if none is finite."""
    pairs = table.curves[["run", "split", "metric"]].drop_duplicates()
    if pairs.empty:
        names = [table.curves[name].cat.categories for name in ("split", "metric")]
        return pd.MultiIndex.from_product([table.runs["problem"].unique(), *names], names=COLUMNS).to_frame(index=False)
    problems = table.runs["problem"].to_numpy()[pairs["run"].to_numpy()]
    return pairs.assign(problem=problems)[COLUMNS].drop_duplicates()
