"""Problems that differ only in the split seed are pooled: labels, answer, part and tables."""

import json

import numpy as np
import pytest

from optbench.analysis.significance import signed_rank_p_values
from optbench.report.audits import audit
from optbench.report.compression import decompress
from optbench.report.contents import problem_section
from optbench.report.csv_tables import csv_tables
from optbench.report.leaderboard import leaderboard
from optbench.report.parts import against_baseline, learning_rate, splits
from optbench.report.run_table import run_table_data
from optbench.report.scope import Scope
from optbench.report.study_rates import rate_range
from optbench.report.verdict import verdict
from tests.report.made_studies import losses, made, stored
from tests.report.made_up_results import Made

SPLITS = tuple(f"digits_mlp dataset.split_seed={seed}" for seed in (0, 1, 2))
LEVELS = dict(zip(SPLITS, (1.0, 5.0, 0.2), strict=True))  # a split with hard examples has a higher loss


def ahead(winners):
    """A change: a loss on the level of each split, lower for its winner."""
    return losses(
        lambda run: LEVELS[run.problem] * (1.0 + 0.01 * run.seed - 0.3 * (run.optimizer == winners[run.problem]))
    )


ADAM = ahead(dict.fromkeys(SPLITS, "adam"))
MIXED = ahead(dict(zip(SPLITS, ("adam", "adam", "sgd"), strict=True)))
DRAWN = {"drawn": {problem: ["valid", "test"] for problem in SPLITS}}


def findings(data):
    return [f.sentence for f in audit(data, [Scope(data, p, i) for i, p in enumerate(data.problems)])]


def test_splits_are_one_problem_and_the_answer_speaks_of_it():
    data = made(ADAM, problems=SPLITS, seeds=3)
    assert data.problems == ["digits_mlp"]
    (row,) = data.pairs.itertuples()
    assert (row.contender, row.pairs, row.mark) == ("adam", 9, "better")
    answer = verdict(data)
    assert answer.lead.startswith(
        "Use adam at learning rate 0.01 on digits_mlp. Its final validation loss (0.710, median over 9 runs on 3 "
        "splits) is lower than that of sgd on 9 of 9 pairs of split and seed (corrected p = 0.0039). adam has the "
        "lowest median on each of the 3 splits."
    )
    assert "dataset.split_seed=0" in answer.command


def test_the_p_value_is_that_of_the_stratified_test():
    data = made(MIXED, problems=SPLITS, seeds=4)
    values = data.selection_values.pivot(index=["split_seed", "seed"], columns="contender", values="value")
    difference = (values["adam"] - values["sgd"]).to_numpy()
    assert data.pairs["p_value"].iloc[0] == signed_rank_p_values(difference[None], np.repeat([0, 1, 2], 4))[0]
    assert "On the 3 splits taken apart, the lowest median is that of adam on 2 and sgd on 1." in verdict(data).lead


def test_the_part_by_split_has_medians_ranks_and_a_heat_map():
    data = made(MIXED, problems=SPLITS, seeds=4)
    part = splits.part(Scope(data, "digits_mlp", 0))
    (table,) = part.body.tables
    assert table.columns == ["optimizer", "split_seed 0", "split_seed 1", "split_seed 2"]
    cells = {row.header: [cell[:2] for cell in row.cells] for row in table.rows}
    assert cells["adam"] == [("0.715", "rank 1"), ("3.57", "rank 1"), ("0.203", "rank 2")]
    assert cells["sgd"] == [("1.02", "rank 2"), ("5.07", "rank 2"), ("0.143", "rank 1")]
    (drawing,) = part.body.drawings
    assert "adam 1, 1, 2; sgd 2, 2, 1" in drawing.description
    assert drawing.draw().axes
    assert splits.part(Scope(made(), "digits_mlp", 0)) is None


def test_everything_of_the_page_is_made_for_a_pooled_problem():
    data = made(
        MIXED, {"targets": {p: {"metric": "loss", "split": "valid", "value": 0.9} for p in SPLITS}}, problems=SPLITS
    )
    scope = Scope(data, "digits_mlp", 0)
    section = problem_section(scope)
    keys = [part.key for part in section.parts]
    assert {"splits", "final-values", "convergence", "against-baseline", "time-to-target", "step-times"} <= set(keys)
    assert section.properties["Splits"] == "3, drawn with split_seed 0, 1, 2, pooled"
    assert "agree across settings for each of 24 pairs of split and seed" in section.properties["Same start"]
    assert all(drawing.draw().axes for part in section.parts for drawing in part.body.drawings)
    (row,) = against_baseline.part(scope).body.tables[0].rows
    assert row.cells[1].text == "16 of 24 pairs"
    assert "median over 24 runs on 3 splits" in leaderboard(scope).body.note


def test_tables_have_the_split_of_each_run_only_if_there_are_several():
    tables = csv_tables(made(ADAM, problems=SPLITS, seeds=3))
    assert tables["final_values"].groupby("split_seed").size().to_dict() == {0: 36, 1: 36, 2: 36}
    assert "split_seed" in tables["runs"]
    without = csv_tables(made())
    assert [name for name, table in without.items() if "split_seed" in table] == ["splits"]
    assert without["splits"].empty


def test_one_split_is_one_draw_is_said_once_and_not_beside_an_official_test_split():
    words = "Only one random split was used."
    assert sum(words in line for line in findings(made(changed={"drawn": {"digits_mlp": ["valid", "test"]}}))) == 1
    assert not any(words in line for line in findings(made(changed={"drawn": {"digits_mlp": ["valid"]}})))
    assert not any(words in line for line in findings(made(changed={"drawn": {"digits_mlp": []}})))
    assert not any(words in line for line in findings(made(ADAM, DRAWN, problems=SPLITS)))


def test_splits_that_the_data_determine_are_not_pooled_and_the_page_says_why():
    data = made(ADAM, {"drawn": {problem: [] for problem in SPLITS}}, problems=SPLITS)
    assert data.problems == list(SPLITS)
    assert any("dataset.split_seed has no effect" in line for line in findings(data))


def test_splits_of_different_sizes_are_not_pooled_and_the_page_says_why():
    def change(runs, curves):
        return runs.assign(steps=np.where(runs["problem"] == SPLITS[0], 650, runs["steps"])), curves

    data = made(change, problems=SPLITS[:2])
    assert data.problems == list(SPLITS[:2])
    assert any("different numbers of steps" in line for line in findings(data))


def test_two_versions_of_one_split_are_not_pooled():
    def change(runs, curves):
        configs = [json.loads(config) for config in runs["config"]]
        for config in configs:
            config["dataset"]["split"]["split_seed"] = 0
        return runs.assign(config=[json.dumps(config) for config in configs]), curves

    assert made(change, problems=SPLITS[:2]).problems == list(SPLITS[:2])


def test_other_problems_of_the_study_stay_as_they_are():
    data = made(problems=(*SPLITS[:2], "iris_mlp"), seeds=3)
    assert data.problems == ["digits_mlp", "iris_mlp"]
    assert data.pairs.set_index("problem")["pairs"].to_dict() == {"digits_mlp": 6, "iris_mlp": 3}


RATES = (0.01, 0.02, 0.04)
CHOSEN = dict(zip(SPLITS, RATES, strict=True))


def tuned_by_split(change=ADAM):
    """A study in which each split was tuned and chose another learning rate."""
    values = {"optimizers": ("sgd", "adam"), "rates": RATES, "problems": SPLITS, "seeds": 4}
    _, file, _ = stored(Made(**values))
    runs = [run._asdict() for run in file.runs]
    trials = [run | {"role": "trial"} for run in runs[::4]]
    chosen = [run for n, run in enumerate(runs) if n % 4 and run["setting"].endswith(f"={CHOSEN[run['problem']]:g}")]
    tune = {
        "method": "sobol", "trials": 3, "parameters": ["learning_rate"], "seeds": [9], "choose": "final",
        "metric": "loss", "trial": 0, "score": 0.5, "split": "valid", "at_the_border": [],
    }  # fmt: skip
    rates = [rate for _ in SPLITS for _ in ("sgd", "adam") for rate in RATES]
    jobs = [
        {"overrides": list(job.overrides), "tune": tune | {"values": {"learning_rate": rate}}}
        for job, rate in zip(file.jobs, rates, strict=True)
    ]
    return made(change, {"runs": [*chosen, *trials], "jobs": jobs}, **values)


def test_settings_that_tuning_chose_on_each_split_are_one_contender():
    data = tuned_by_split()
    assert sorted(set(data.runs["setting"])) == ["adam", "sgd"]
    assert data.pairs["pairs"].tolist() == [9]
    assert "Use adam (at 0.01 to 0.04, tuned on each split) on digits_mlp." in verdict(data).lead
    board = leaderboard(Scope(data, "digits_mlp", 0)).body.tables[0]
    assert [cell[:2] for row in board.rows for cell in row.cells[:1]] == [("0.01 to 0.04", "one for each split")] * 2


def test_rates_that_were_tried_on_all_splits_have_a_range_and_others_have_none():
    def other_rates(runs, curves):
        """Each split with trials of its own."""
        tried = runs["hp.learning_rate"] == runs["problem"].map(CHOSEN)
        return ADAM(runs[(runs["role"] == "run") | tried], curves)

    assert rate_range(tuned_by_split(), "digits_mlp", "adam").tried == 3
    apart = tuned_by_split(other_rates)
    assert rate_range(apart, "digits_mlp", "adam") is None
    assert "Each split of the data was tuned separately" in learning_rate.part(Scope(apart, "digits_mlp", 0)).body.note
    assert "tuned separately" not in learning_rate.part(Scope(tuned_by_split(), "digits_mlp", 0)).body.note


@pytest.mark.parametrize("seeds", [1, 2])
def test_with_few_seeds_the_splits_are_counted(seeds):
    data = made(ADAM, problems=SPLITS, seeds=seeds)
    lead = verdict(data).lead
    if seeds == 1:
        assert lead.startswith("3 runs on 3 splits cannot show which optimizer is best on digits_mlp.")
        assert "Next: run again with seeds=2 (12 runs in all, 6 of them new" in verdict(data).next_step
    else:
        assert "on 6 of 6 pairs of split and seed (corrected p = 0.031)" in lead


def test_a_run_that_is_missing_leaves_out_its_pair():
    def change(runs, curves):
        runs, curves = ADAM(runs, curves)
        gone = (runs["problem"] == SPLITS[1]) & (runs["seed"] == 2) & (runs["optimizer"] == "sgd")
        return runs[~gone], curves

    assert made(change, problems=SPLITS, seeds=3).pairs["pairs"].tolist() == [8]


def test_the_run_table_has_a_column_for_the_split():
    columns = json.loads(decompress(run_table_data(made(ADAM, problems=SPLITS, seeds=1))))["columns"]
    assert columns[:5] == ["problem", "setting", "status", "split seed", "seed"]
