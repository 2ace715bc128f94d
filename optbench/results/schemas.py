"""The columns of the tables on disk. A file that has others is not one of ours."""

import pyarrow as pa


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


_TEXT, _INT, _FLOAT = pa.string(), pa.int64(), pa.float64()
_CODE = pa.dictionary(pa.int32(), _TEXT)  # a text as its number among those that occur

RUNS = _schema(
    run_id=_TEXT,
    problem_id=_TEXT,
    setting_id=_TEXT,
    optimizer=_TEXT,  # the yaml's stem, as are the next five
    schedule=_TEXT,
    dataset=_TEXT,
    model=_TEXT,
    loss=_TEXT,
    regularizer=_TEXT,
    seed=_INT,
    status=_TEXT,  # done, diverged, failed, interrupted
    status_detail=_TEXT,  # a sentence
    diverged_at_step=_INT,  # updates made when the loss was first found not finite; null if never
    epochs=_FLOAT,
    steps=_INT,
    batch_size=_INT,
    parameters=_INT,
    initial_loss=_FLOAT,
    fingerprint=_TEXT,  # of the data, the initial weights and the batch indices
    lanes=_INT,
    threads=_INT,
    compile_mode=_TEXT,  # xla, graph, eager
    shared_by=_INT,  # how many runs the next three were shared by
    compile_s=_FLOAT,
    train_s=_FLOAT,
    eval_s=_FLOAT,
    started_at=_TEXT,  # ISO 8601, UTC
    host=_TEXT,
    device=_TEXT,
    versions=_TEXT,  # JSON
    code=_TEXT,  # digest of the sources
    config=_TEXT,  # JSON
)
CURVES = _schema(run_id=_TEXT, step=_INT, epoch=_FLOAT, split=_TEXT, metric=_TEXT, value=_FLOAT)
ARRAYS = _schema(
    run_id=_TEXT,
    kind=_TEXT,  # what it is: see the recordings of the problem's parts
    step=_INT,
    shape=pa.list_(_INT),
    values=pa.list_(_FLOAT),  # row by row
)
CODED_CURVES = _schema(run_id=_CODE, step=_INT, epoch=_FLOAT, split=_CODE, metric=_CODE, value=_FLOAT)  # as read
TIMINGS = _schema(
    problem_id=_TEXT,
    setting_id=_TEXT,
    host=_TEXT,
    device=_TEXT,
    versions=_TEXT,
    measured_at=_TEXT,
    step_s=_FLOAT,  # seconds per training step of one lane alone: median over rounds
    low=_FLOAT,  # 95 % interval of that median
    high=_FLOAT,
    ratio_to_sgd=_FLOAT,  # median over rounds of the ratio within a round
    rounds=_INT,
    ratio_low=_FLOAT,  # 95 % interval of that median
    ratio_high=_FLOAT,
    compile_mode=_TEXT,
    moved=pa.bool_(),  # the parameters moved and the number of updates was the number asked for
)
FINISHED = ("done", "diverged")
