"""Tables that cannot be interpreted: one line each, with the row if it concerns one, and nothing is written."""

import json

import pytest

from optbench.cli.import_runs import main
from tests.importing.tables import FINALS, LONG

SPLIT = LONG + "p,a,0,0,fold3,loss,1\n"
HEAD = "problem,optimizer,seed,step,split,metric,value\n"
WIDE = "optimizer,seed,step,valid_loss\n"
MALFORMED = {
    "nothing": ("runs.csv", "", [], "runs.csv is empty"),
    "blanks": ("runs.csv", " \n\n", [], "runs.csv is empty"),
    "only a header": ("runs.csv", HEAD, [], "runs.csv has no rows"),
    "no header": ("runs.csv", "1,2,3\n4,5,6\n", [], "no names of columns in its first row"),
    "a picture": ("runs.csv", b"\x89PNG\r\n\x1a\n\x00\x00\xff\xd9", [], "not text in UTF-8 (row 1)"),
    "null characters": ("runs.csv", b"optimizer,loss\0\na,1\n", [], "null characters"),
    "latin-1": ("runs.csv", "optimizer,test_loss\nmüller,1\n".encode("latin-1"), [], "not text in UTF-8 (row 2)"),
    "a long row": ("runs.csv", WIDE + "a,0,0,1,7\n", [], "row 2 has 5 cells, and there are 4 columns"),
    "a short row": ("runs.csv", WIDE + "a,0,0,1\na,0,5\n", [], "row 3 has 3 cells"),
    "an open quote": ("runs.csv", WIDE + 'a,0,0,"1\n', [], "is not a table"),
    "two columns of one name": ("runs.csv", "optimizer,loss,loss\na,1,2\n", [], "several columns `loss`"),
    "a column without a name": ("runs.csv", "optimizer,,loss\na,1,2\n", [], "Column 2 of runs.csv has no name"),
    "no optimizer": ("runs.csv", "seed,test_loss\n0,1\n", [], "No column names the optimizer"),
    "an empty optimizer": ("runs.csv", FINALS.replace("adam,0", ",0"), [], "`optimizer` is empty in row 4"),
    "an empty problem": ("runs.csv", FINALS.replace("digits,adam,1", ",adam,1"), [], "`dataset` is empty in row 5"),
    "no metric": ("runs.csv", "optimizer,seed,colour\na,0,red\n", [], "No column is a metric"),
    "no values": ("runs.csv", "optimizer,seed,test_loss,x\na,0,,1\nb,0,,1\n", [], "No column is a metric"),
    "no values in a long table": ("runs.csv", HEAD + "p,a,0,0,test,loss,\n", [], "has no value of any metric"),
    "a word for a value": ("runs.csv", LONG + "p,adam,0,20,valid,loss,low\n", [], "`value` must be a number in row 6"),
    "a decimal comma": ("runs.csv", 'optimizer,test_loss\na,0.5\nb,"0,5"\n', [], "number in row 3. Received: 0,5"),
    "a percent sign": ("runs.csv", "optimizer,test_acc\na,90\nb,91%\n", [], "number in row 3. Received: 91%"),
    "a negative step": ("runs.csv", WIDE + "a,0,-5,1\n", [], "`step` must be an integer >= 0 in row 2. Received: -5"),
    "half a step": ("runs.csv", WIDE + "a,0,0,1\na,0,2.5,1\n", [], ">= 0 in row 3. Received: 2.5"),
    "a missing step": ("runs.csv", WIDE + "a,0,0,1\na,0,,1\n", [], "`step` is empty in row 3"),
    "a step of text": ("runs.csv", WIDE + "a,0,last,1\n", [], "`step` must be a number in row 2. Received: last"),
    "an endless step": ("runs.csv", WIDE + "a,0,inf,1\n", [], "`step` must be an integer >= 0 in row 2"),
    "a negative epoch": ("runs.csv", "optimizer,epoch,loss\na,-1,2\n", [], "`epoch` must be a number >= 0 in row 2"),
    "a missing epoch": ("runs.csv", "optimizer,epoch,loss\na,1,2\na,,2\n", [], "`epoch` is empty in row 3"),
    "a seed of text": ("runs.csv", FINALS.replace("sgd,1", "sgd,one"), [], "`seed` must be a number in row 3"),
    "half a seed": ("runs.csv", FINALS.replace("sgd,1", "sgd,1.5"), [], "`seed` must be an integer >= 0 in row 3"),
    "a negative seed": ("runs.csv", FINALS.replace("sgd,1", "sgd,-1"), [], "integer >= 0 in row 3. Received: -1"),
    "an unknown split": (
        "runs.csv",
        SPLIT,
        [],
        "in row 6. Received: fold3",
    ),
    "a metric without a name": ("runs.csv", LONG + "p,adam,0,20,valid,,1\n", [], "`metric` is empty in row 6"),
    "a metric of unknown direction": (
        "runs.csv",
        LONG + "p,adam,0,9,valid,speed,1\n",
        [],
        "values of speed are",
    ),
    "a metric of signs": ("runs.csv", LONG + "p,adam,0,9,valid,%%,1\n", [], "letters, digits and underscores"),
    "two columns of one metric": ("runs.csv", "optimizer,val_loss,valid loss\na,1,2\n", [], "are both valid.loss"),
    "two final values": ("runs.csv", FINALS + "digits,sgd,0,0.1,0.9,0.7\n", [], "Row 2 and row 6 are one run"),
    "an unknown status": ("runs.csv", "optimizer,test_loss,status\na,1,odd\n", [], "status of a run must be one of"),
    "two optimizers of a run": (
        "runs.csv",
        "run,optimizer,seed,loss\nr,a,0,1\nr,a,1,2\n",
        [],
        "same in all rows",
    ),
    "pairs without seeds": ("runs.csv", "optimizer,test_loss\na,1\nb,2\n", ["--paired", "seed"], "no column of seeds"),
    "an unknown column": ("runs.csv", FINALS, ["--map", "seed=sed"], "Did you mean `seed`?"),
    "an unknown role": ("runs.csv", FINALS, ["--map", "hue=seed"], "a column can be problem, optimizer, seed"),
    "an unknown metric": ("runs.csv", FINALS, ["--minimize", "speed"], "--minimize and --maximize name metrics"),
    "an unknown decision": ("runs.csv", FINALS, ["--decide-by", "test.f1"], "There is: test.accuracy, test.loss"),
    "a misspelt decision": ("runs.csv", FINALS, ["--decide-by", "best.test.f1"], "`decide_by` must be metric"),
    "an unknown baseline": ("runs.csv", FINALS, ["--baseline", "lion"], "must be one of sgd, adam"),
    "an unknown hyperparameter": ("runs.csv", FINALS, ["--hyperparameters", "rate"], "the column does not exist"),
    "half of a JSON": ("runs.json", '[{"optimizer": "a"', [], "runs.json is not JSON"),
    "a JSON of numbers": ("runs.json", "[1, 2]", [], "must be a list of objects"),
    "a nested JSON": ("runs.json", json.dumps([{"optimizer": "a", "loss": [1]}]), [], "must be a number or a string"),
    "a broken line of JSON": ("runs.jsonl", '{"optimizer": "a", "loss": 1}\n{"optim', [], "runs.jsonl is not JSON"),
    "a size that is none": (
        "runs.csv",
        "optimizer,parameters,test_loss\nsgd,1e20,1\n",
        [],
        "`parameters` must be a number >= 0 and at most 2^53 in row 2. Received: 1e20.",
    ),
    "a negative size": (
        "runs.csv",
        "optimizer,batch_size,test_loss\nsgd,32,1\nadam,-1,1\n",
        [],
        "`batch_size` must be a number >= 0",
    ),
    "percent of what is no metric": (
        "runs.csv",
        "optimizer,test_loss\nsgd,1\n",
        ["--percent", "acc"],
        "--percent and --fraction name metrics that were recorded. Received: accuracy. There is: loss.",
    ),
    "two directions": (
        "runs.csv",
        "optimizer,test_loss\nsgd,1\n",
        ["--minimize", "loss", "--maximize", "test_loss"],
        "A metric has one direction. Received: loss in --minimize and --maximize.",
    ),
    "a Parquet file that is none": ("runs.parquet", b"PAR1 or not", [], "runs.parquet is not a Parquet file"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_table_is_one_line_and_leaves_nothing(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    file, content, words, message = MALFORMED[name]
    (tmp_path / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SystemExit) as ended:
        main([file, "--name", "mine", *words])
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("optbench import: ")
    assert error.count("\n") == 1
    assert len(error) < 400
    assert [path.name for path in tmp_path.iterdir()] == [file]


def test_there_are_forty():
    assert len(MALFORMED) >= 40
