"""The columns of the tables on disk and the keys of study files, each with its meaning.

The Arrow schemas and ``results/README.md`` are built from these definitions. A file with other columns is not a results
file.
"""

from typing import NamedTuple

import pyarrow as pa

TEXT, INT, SMALL_INT, FLOAT, BOOL = pa.string(), pa.int64(), pa.int32(), pa.float64(), pa.bool_()
CATEGORY = pa.dictionary(pa.int32(), TEXT)
ORIGIN = "origin"  # column that marks imported runs
FORMAT = 4  # of the table files; migrate.py reads older versions


class Column(NamedTuple):
    """A column of a table."""

    name: str
    type: pa.DataType
    unit: str  # empty for text and for dimensionless numbers
    meaning: str


class StudyKey(NamedTuple):
    """A key of a study file."""

    name: str
    meaning: str
    required: bool = False  # whether every study file contains it


STATE_BYTES = Column(
    "state_bytes", INT, "bytes", "State that the optimizer keeps between steps. Null in files of format 1 and 2."
)
RUN_COLUMNS = (
    Column("run_id", TEXT, "", "Hash that identifies the run: its problem, setting and seed, and the code they name."),
    Column("problem_id", TEXT, "", "Hash of the problem."),
    Column("setting_id", TEXT, "", "Hash of the setting."),
    Column("optimizer", TEXT, "", "Name of the optimizer: the stem of its YAML file."),
    Column("schedule", TEXT, "", "Name of the schedule."),
    Column("dataset", TEXT, "", "Name of the dataset."),
    Column("model", TEXT, "", "Name of the model."),
    Column("loss", TEXT, "", "Name of the loss."),
    Column("regularizer", TEXT, "", "Name of the regularizer."),
    Column("seed", INT, "", "Seed of the initial weights, the batches and the dropout."),
    Column("status", TEXT, "", "`done`, `diverged`, `failed` or `interrupted`."),
    Column("status_detail", TEXT, "", "A sentence that explains the status."),
    Column(
        "diverged_at_step", INT, "steps", "Number of updates after which the loss was first not finite. Null if never."
    ),
    Column("epochs", FLOAT, "epochs", "Training budget."),
    Column("steps", INT, "steps", "Training budget."),
    Column("batch_size", INT, "examples", "Batch size."),
    Column("parameters", INT, "", "Number of parameters of the model."),
    Column("initial_loss", FLOAT, "of the loss", "Training loss at the initial weights."),
    Column(
        "fingerprint",
        TEXT,
        "",
        "Hash of data, initial weights and batch order. Runs with the same problem and seed must agree in it.",
    ),
    Column("lanes", INT, "", "Number of runs that the compiled program trains at once."),
    Column(
        "threads", INT, "", "Threads that an operation may use: one per core, unless TensorFlow was told otherwise."
    ),
    Column("compile_mode", TEXT, "", "`xla`, `graph` or `eager`."),
    Column("shared_by", INT, "", "Number of runs that share the next three times, because they were trained together."),
    STATE_BYTES,
    Column("compile_s", FLOAT, "s", "Time to trace and compile the program."),
    Column("train_s", FLOAT, "s", "Training time, without evaluations."),
    Column("eval_s", FLOAT, "s", "Time of evaluations."),
    Column("started_at", TEXT, "ISO 8601, UTC", "When the training of the run started."),
    Column(
        "serial",
        INT,
        "",
        "Number of the row in the order of writing. If a run has several rows, the highest number is current. Null in "
        "files of format 1, which come before all others.",
    ),
    Column("host", TEXT, "", "Name of the machine."),
    Column("device", TEXT, "", "Processor and number of cores."),
    Column("versions", TEXT, "JSON", "Versions of Python, optbench, TensorFlow, Keras and NumPy."),
    Column("code", TEXT, "", "Hash of the source code that the configuration names."),
    Column("config", TEXT, "JSON", "Configuration of the run, with every hyperparameter."),
    Column(
        ORIGIN,
        TEXT,
        "",
        "Of a run that was trained elsewhere, where it was read from: the reader and a hash. Null for other runs.",
    ),
)
CURVE_COLUMNS = (
    Column("run_id", TEXT, "", "The run."),
    Column("step", INT, "steps", "Number of updates made before the evaluation."),
    Column("epoch", FLOAT, "epochs", "The same in epochs."),
    Column("split", TEXT, "", "`train`, `valid` or `test`."),
    Column("metric", TEXT, "", "Name of the metric, such as `loss`, `accuracy` or `regularized_loss`."),
    Column("value", FLOAT, "of the metric", "Value of the metric. Accuracies are in [0, 1]."),
)
ARRAY_COLUMNS = (
    Column("run_id", TEXT, "", "The run."),
    Column(
        "kind",
        TEXT,
        "",
        "`path`: the parameters of a test function. `points`: training examples with two features and their class. "
        "`plane`: the lowest and highest value of each feature. `regions`: the outputs of the model on a grid over the "
        "plane.",
    ),
    Column("step", INT, "steps", "Number of updates made before the array was recorded."),
    Column("shape", pa.list_(INT), "", "Shape of the array."),
    Column("values", pa.list_(FLOAT), "of the array", "Elements of the array in row-major order."),
)
TIMING_COLUMNS = (
    Column("problem_id", TEXT, "", "The problem, as in `runs`."),
    Column("setting_id", TEXT, "", "The setting, as in `runs`."),
    Column("host", TEXT, "", "Name of the machine."),
    Column("device", TEXT, "", "Processor and number of cores."),
    Column("versions", TEXT, "JSON", "Versions of Python, optbench, TensorFlow, Keras and NumPy."),
    Column("measured_at", TEXT, "ISO 8601, UTC", "When the time was measured."),
    Column(
        "step_s", FLOAT, "s", "Time of one training step of a single run, alone on the machine: the median over rounds."
    ),
    Column("low", FLOAT, "s", "Lower end of the 95 % interval of `step_s`."),
    Column("high", FLOAT, "s", "Upper end of the 95 % interval of `step_s`."),
    Column(
        "ratio_to_sgd",
        FLOAT,
        "",
        "Median over rounds of the step time divided by the step time of `sgd` in that round.",
    ),
    Column("rounds", INT, "", "Number of rounds."),
    Column("ratio_low", FLOAT, "", "Lower end of the 95 % interval of `ratio_to_sgd`."),
    Column("ratio_high", FLOAT, "", "Upper end of the 95 % interval of `ratio_to_sgd`."),
    STATE_BYTES,
    Column("compile_mode", TEXT, "", "`xla`, `graph` or `eager`."),
    Column("moved", pa.bool_(), "", "Whether the parameters changed and every requested update was made."),
)
LABEL_COLUMNS = (  # added by optbench.load
    Column("job", INT, "", "Index of the job in the study."),
    Column("role", TEXT, "", "`run`, or `trial` for runs that only tuning used."),
    Column("problem", TEXT, "", "Label of the problem."),
    Column("setting", TEXT, "", "Label of the setting."),
    Column("study", TEXT, "", "Name of the study."),
)
STUDY_FILE = (
    StudyKey("name", "Name of the study.", required=True),
    StudyKey("command", "Command line that started the study.", required=True),
    StudyKey("started", "When the command started, in ISO 8601, UTC.", required=True),
    StudyKey("wall_s", "Seconds from the start of the command to its report. Null while the study runs."),
    StudyKey("trained", "Number of runs and trials that this command trained. The others were finished before."),
    StudyKey("reached_time_limit", "Seconds after which `time_limit` ended training. Null where it did not."),
    StudyKey(
        "unchosen_runs",
        "Number of runs that are not among `runs`, because training ended before their settings were chosen.",
    ),
    StudyKey("host", "Name of the machine."),
    StudyKey("device", "Processor and number of cores.", required=True),
    StudyKey("versions", "Versions of Python, optbench, TensorFlow, Keras and NumPy, as JSON text.", required=True),
    StudyKey("settings", "For each setting, its hyperparameters, schedule and wrappers as text."),
    StudyKey("problems", "For each problem, its description as text, by topic.", required=True),
    StudyKey("published", "For each problem, its published values: `label, metric, split, value, source`."),
    StudyKey("report", "Options of the report: `baseline, format`."),
    StudyKey("decide_by", "What settings are compared by: `split.metric`, or `split.metric.best`."),
    StudyKey(
        "metrics", "For each metric beside the loss, its `direction`, and the ends `low` and `high` of its range."
    ),
    StudyKey(
        "references",
        "For each problem, values that were computed without training: `reference, label, metric, split, value, note, "
        "comparable`.",
    ),
    StudyKey("targets", "For each problem, its target: `metric, split, value, values`."),
    StudyKey("drawn", "For each problem, the splits whose examples were drawn at random by `dataset.split_seed`."),
    StudyKey("majority", "For each problem with classes, the share of the most frequent training class in each split."),
    StudyKey(
        "imports",
        "For each source of runs that were trained elsewhere, its `origin` (as in `runs`), `source` and `name`; "
        "whether seeds pair its runs (`paired`) and wall times may be compared (`comparable_times`); and `notes`, what "
        "was guessed.",
    ),
    StudyKey(
        "jobs",
        "For each job, its `overrides`; if it was tuned, `tune`: how its setting was chosen, with its values; and "
        "`label`, under which its optimizer takes part, where Python code gave one; `command`, which reads its runs, "
        "if they were trained elsewhere.",
    ),
    StudyKey(
        "runs",
        "For each run and trial, `run_id`, the index `job` of its job, its `role` (`run` or `trial`), and the labels "
        "`problem` and `setting`.",
        required=True,
    ),
)


def build_schema(columns: tuple[Column, ...]) -> pa.Schema:
    """Return the Arrow schema of a table with these columns."""
    return pa.schema([(column.name, column.type) for column in columns])


def encode_text(schema: pa.Schema) -> pa.Schema:
    """Return ``schema`` with dictionary-encoded text columns, which pandas reads as categories."""
    return pa.schema([field.with_type(CATEGORY) if field.type == TEXT else field for field in schema])


RUNS = build_schema(RUN_COLUMNS)
CURVES = build_schema(CURVE_COLUMNS)
CATEGORICAL_CURVES = encode_text(CURVES)
ARRAYS = build_schema(ARRAY_COLUMNS)
TIMINGS = build_schema(TIMING_COLUMNS)
COMPANIONS = {"curves": CURVES, "arrays": ARRAYS}  # the other tables of a shard; arrays are optional
