"""Invalid arrays, and the error line that each must cause."""

from pathlib import Path

import numpy as np

from optbench.datasets.user_data import from_arrays
from tests.datasets.bad_builders import X, Y, arrays, built

HOLE = np.where(np.arange(240).reshape(60, 4) % 41 == 7, np.nan, X)


def pickled(folder):
    np.save(folder / "x.npy", np.array([object()]), allow_pickle=True)
    return built("arrays", folder, path="x.npy", y_path="x.npy")


ARRAYS = {
    "no arrays": (arrays(), "with no arrays. They are called x and y, or x_train"),
    "other names": (arrays(data=X, labels=Y), "dataset.path=a.npz with data, labels. They are called x and y"),
    "no training split": (arrays(x_test=X, y_test=Y), "There must be arrays to train on. Received: x_test, y_test."),
    "targets of no split": (arrays(x_train=X, x_test=X, y=Y), "with x_train, x_test, y. They are called x and y"),
    "mismatched lengths": (arrays(x=X, y=Y[:50]),
        "`x` and `y` must be equally long. Received: 60 and 50 examples. Give one target for each example."),
    "a wrong rank": (arrays(x=X[:, 0], y=Y),
        "`x` must have the shape (examples, ...), with at least 2 axes. Received: shape (60,)."),
    "targets of a wrong rank": (arrays(x=X, y=np.zeros((60, 2, 2))),
        "Targets must be one value, or one row of values, for each example. Received: y of shape 60x2x2."),
    "no examples": (arrays(x=X[:0], y=Y[:0]), "`y` must hold a target for each example. Received: shape (0,)."),
    "texts for numbers": (arrays(x=X.astype(str), y=Y), "`x` must hold numbers. Received: values of type <U"),
    "missing numbers": (arrays(x=HOLE, y=Y),
        "`x` must hold finite numbers. Received: column 0 of `x` has 2 missing values, the first at x[12, 0]; 3 more "
        "columns have some. Fill them, or remove the examples"),
    "missing targets": (arrays(x=X, y=np.where(Y == 1, np.nan, Y)),
        "`y` must hold finite numbers. Received: `y` has 20 missing values, the first at y[1]."),
    "infinite targets": (arrays(x=X, y=np.where(Y == 1, np.inf, Y)), "`y` has 20 infinite values, the first at y[1]."),
    "labels of several classes as one": (arrays(x=X, y=np.eye(3)[Y] + np.eye(3)[0], task="classification"),
        "`dataset.task=classification` needs columns of 0 and 1 with a single 1 in each row."),
    "numbers as labels of multilabel": (arrays(x=X, y=X[:, :2], task="multilabel"),
        "`dataset.task=multilabel` needs columns of 0 and 1. Received: y with the number"),
    "a text file": (lambda f: (Path(f / "x.npz").write_text("1,2"), built("arrays", f, path="x.npz")),
        "`dataset.path` must name a .npz or .npy file with arrays of numbers. Received: dataset.path=x.npz, which "
        "holds Python objects or is no file of NumPy's. Save it again with numpy.savez."),
    "pickled objects": (pickled, "which holds Python objects or is no file of NumPy's."),
    "inputs without targets": (lambda f: (np.save(f / "x.npy", X), built("arrays", f, path="x.npy")),
        "A .npy file holds the inputs alone. Received: dataset.path=x.npy without targets. Add dataset.y_path=y.npy"),
    "objects": (lambda f: from_arrays(np.array([[1, "a"]] * 60, object), Y),
        "`x` must be an array of numbers or of texts. Received: ndarray of int, str."),
    "rows of several lengths": (lambda f: from_arrays([[1.0], [1.0, 2.0]] * 30, Y),
        "`x` must be an array. Received: list, which NumPy cannot convert"),
}  # fmt: skip
