"""Functions that return invalid data, and the error line that each must cause."""

from optbench.datasets.user_data import from_any
from optbench.problem.built import make_dataset
from tests.datasets.bad_builders import HERE, built, function

FUNCTIONS = {
    "no function": (lambda f: built("function", f), "`dataset.load` must name a function that returns data."),
    "no such module": (lambda f: built("function", f, load="no_such_module.load"),
        "`dataset.load=no_such_module.load` cannot be imported: ModuleNotFoundError: No module named"),
    "no such function": (function("lod"), f"`dataset.load={HERE}.lod` cannot be imported: AttributeError"),
    "a number for a function": (function("NO_FUNCTION"), f"`dataset.load={HERE}.NO_FUNCTION` must be a function. "
        "Received: int."),
    "prints and returns None": (function("nothing"),
        "`dataset.load` must be (x, y), a DataFrame, a finite tf.data.Dataset, or a dict of these with train and "
        "perhaps valid and test. Received: None. A function gives its data back with `return`."),
    "raises": (function("raises"),
        f"`dataset.load` must return data. Received: {HERE}.raises (user_functions.py, line 20) raised KeyError: "
        "'data' at user_functions.py, line 22. Correct the function."),
    "exits": (function("exits"), "raised SystemExit: 3 at user_functions.py, line 27."),
    "a missing argument": (function("needs"),
        f"`dataset.load={HERE}.needs` cannot be called: missing a required argument: 'rows'. Received: needs(rows). "
        "Give its arguments as dataset.keywords={name: value}"),
    "an unknown argument": (function("raises", keywords={"n": 1}), "cannot be called: got an unexpected keyword"),
    "inputs alone": (function("inputs_alone"), "Received: ndarray of shape (60, 4)."),
    "three arrays": (function("three"), "Received: tuple of 3 (ndarray, ndarray, ndarray)."),
    "a text": (function("a_text"), "Received: str data.csv."),
    "other splits": (function("other_splits"),
        "`dataset.load` must give splits as train and perhaps valid and test. Received: a dict with first, second."),
    "arrays by name": (function("inputs_by_name"), "a dict with x, y. Several inputs are a dict inside (x, y)."),
    "repeats for ever": (function("forever"), "Received: a tf.data.Dataset that repeats for ever. Leave repeat() out."),
    "tensors without targets": (function("without_targets"), "Received: elements of a single tensor."),
    "an empty tf.data.Dataset": (function("no_elements"), "Received: an empty tf.data.Dataset."),
    "examples of several lengths": (function("of_several_lengths"), "Examples of `dataset.load` must have one shape."),
    "a generator that raises": (function("fails_in_the_middle"), "`dataset.load` must hold examples. Received: "),
    "more than memory": (function("large"),
        "`dataset.load` is read into memory, so it must fit. Received: 0.016 GiB, and memory allows 0.00098 GiB."),
    "a table without a target": (function("frame_without_target"), "Received: null. There is: a, label."),
    "tables beside arrays": (function("frames_and_arrays"), "Received: DataFrames beside arrays."),
    "tables with other columns": (function("other_columns", target="label"),
        "The tables of all splits must have the same columns. Received: a, b only in one of train and test."),
    "splits of other shapes": (function("other_shapes"),
        "Examples of all splits must have one shape. Received: `x` of shape (4,) in train and (2,) in test."),
    "splits with other inputs": (function("other_inputs"), "Received: a in train and b in test. Name them alike."),
    "a class that is not trained on": (function("unseen_class"),
        "Each class of dataset=function must occur in the training split. Received: no training example of `7`."),
    "one-hot labels": (function("one_hot_in_ours"),
        "Labels must have the shape (examples,). Received: shape (60, 3) for y of dataset=mine train."),
    "flat targets": (function("flat_targets_in_ours"), "A single target is y.reshape(-1, 1)."),
    "tensors for arrays": (function("tensors_in_ours"), "Convert it with numpy.asarray."),
    "too few labels": (function("lengths_in_ours"), "Received: 60 examples in x and 50 targets"),
    "an odd kind": (function("odd_kind_in_ours"), "`kind` of dataset=mine must be one of classification, "),
    "labels out of range": (function("labels_in_ours"),
        "Labels of dataset=mine must be whole numbers from 0 to 2. Received: int32 from 1 to 3 in its train split."),
    "gaps in a named column": (function("gaps_in_ours"),
        "Received: in the train split of dataset=mine, column `age` has 13 missing values, the first at x[7, 2]."),
    "no data set": (lambda f: make_dataset({"_target_": f"{HERE}.three"}),
        f"`dataset._target_: {HERE}.three` must return an optbench.datasets.base.Dataset. Received: tuple. To return "
        f"arrays, a DataFrame or a tf.data.Dataset, take dataset=function dataset.load={HERE}.three."),
    "a data set that raises": (lambda f: make_dataset({"_target_": f"{HERE}.raises"}),
        "`dataset._target_` must make a data set. Received: "),
    "a number for data": (lambda f: from_any(3), "`data` must be (x, y), a DataFrame, "),
}  # fmt: skip
