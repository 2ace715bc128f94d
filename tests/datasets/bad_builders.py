"""Build data sets from invalid data, for tests."""

import numpy as np

from optbench.config.build import check
from optbench.problem.built import CONTEXT, make_dataset
from tests.conftest import raw_node

HERE = "tests.datasets.user_functions"
X, Y = np.random.default_rng(0).normal(size=(60, 4)), np.arange(60) % 3
TABLE = "a,b,label\n" + "".join(f"{i * 7 % 40},{i % 9}.5,{'yes' if i % 2 else 'no'}\n" for i in range(40))


def built(name, folder, **values):
    """The data set of an item, checked as a study checks it."""
    node = check(raw_node("dataset", name, **values), "dataset", CONTEXT["dataset"])
    return make_dataset(node, data_dir=None, memory_limit=2.0**20)


def table(content, **values):
    """A case of a table with this content."""

    def build(folder):
        data = content if isinstance(content, bytes) else content.encode()
        (folder / "t.csv").write_bytes(data)
        return built("table", folder, path="t.csv", **{"target": "label", **values})

    return build


def arrays(path="a.npz", **given):
    """A case of a file of arrays."""
    values = {key: given.pop(key) for key in ("y_path", "task") if key in given}

    def build(folder):
        np.savez(folder / "a.npz", **given)
        return built("arrays", folder, path=path, **values)

    return build


def function(name, **values):
    """A case of a function."""
    return lambda folder: built("function", folder, load=f"{HERE}.{name}", **values)


def images(prepare, **values):
    """A case of a folder of images."""

    def build(folder):
        prepare(folder / "photos")
        return built("images", folder, path="photos", **values)

    return build


def series(content, **values):
    """A case of a series."""

    def build(folder):
        (folder / "s.csv").write_text(content)
        return built("series", folder, path="s.csv", **{"target": "v", "window": 4, **values})

    return build


def write(name, content):
    return lambda folder: ((folder).mkdir(parents=True, exist_ok=True), (folder / name).write_bytes(content))
