"""The notebooks of the documentation run in a kernel, their outputs are kept, and a kernel can be interrupted."""

import re

import nbformat
import pytest

from tests import notebooks

# Step times, XLA and the pages of studies have tests of their own. A page that a notebook asks for in formats is
# written, with empty figures.
QUICK = """
import optbench.report.page, optbench.report.contents, optbench.report.render, optbench.report.pdf, optbench.study.study
import optbench.sweep.plan
optbench.sweep.plan.compile_mode = lambda asked, model: "graph"
optbench.study.study.time_steps = lambda *_: []
def build_report(result, store, reports, options, *rest, draw=optbench.report.page.build_report):
    path = reports / result.file.name / "index.html"
    return draw(result, store, reports, options, *rest) if options.format else path
optbench.report.page.build_report = build_report
optbench.report.contents.draw_svg = optbench.report.render.draw_svg = lambda drawing: "<svg></svg>"
optbench.report.pdf.write_pdf = lambda figure, legend, path: path.write_bytes(b"%PDF")
"""
PATHS = sorted(notebooks.NOTEBOOKS.glob("*.ipynb"))
MACHINE_PATH = re.compile(r"/(work|tmp|home|root|usr|opt|Users)/|[A-Z]:\\")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """One kernel for all of them: TensorFlow is imported once."""
    with notebooks.kernel(tmp_path_factory.mktemp("notebooks")) as manager:
        run(manager, QUICK)
        yield manager


def run(manager, code, on_output=lambda content: None):
    """Run code in a kernel as a front end does, and return the messages of its outputs."""
    client, messages = manager.client(), []
    client.start_channels()
    client.wait_for_ready(timeout=notebooks.TIMEOUT_S)

    def see(message):
        messages.append(message)
        on_output(message["content"])

    try:
        client.execute_interactive(code, timeout=notebooks.TIMEOUT_S, output_hook=see)
    finally:
        client.stop_channels()
    return messages


def shape(cell):
    """The kinds of outputs of a cell."""
    return [(output.output_type, output.get("name"), sorted(output.get("data", {}))) for output in cell.outputs]


def texts(cell):
    """What the outputs of a cell say."""
    for output in cell.outputs:
        yield output.get("text", "")
        yield from (str(text) for kind, text in output.get("data", {}).items() if kind.startswith("text/"))


def code_cells(notebook):
    """The cells that run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_has_the_outputs_that_are_kept(path, kernel):
    kept = nbformat.read(path, as_version=4)
    nbformat.validate(kept)
    found = notebooks.execute(kept, kernel)
    for cell, again in zip(code_cells(kept), code_cells(found), strict=True):
        assert shape(cell) == shape(again), cell.source


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_kept_outputs_are_small_and_of_no_machine(path):
    assert path.stat().st_size <= 300_000
    cells = code_cells(nbformat.read(path, as_version=4))
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    for cell in cells:
        assert sum(len(text.splitlines()) for text in texts(cell) if not text.startswith("<")) < 60
        for text in texts(cell):
            assert not MACHINE_PATH.search(text), text


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_installs_the_package_where_there_is_none(path):
    first = code_cells(nbformat.read(path, as_version=4))[0]
    assert first.source.splitlines()[-1].strip() == "%pip install --quiet optbench"
    assert 'find_spec("optbench") is None' in first.source


def test_there_are_notebooks_for_a_model_a_rule_and_results():
    assert [path.stem for path in PATHS] == ["own_keras_model", "own_rule", "results"]


LONG = """
import optbench as ob
ob.compare("sgd", data="iris", model="softmax", batch_size=8, steps=200_000, seeds=2, name="long")
"""
AFTER = """
study = ob.load_study("long")
print(set(study.runs["status"]), study.untrained.runs, 0 < study.curves["step"].max() < 200_000)
"""


def test_a_kernel_that_is_interrupted_twice_keeps_what_was_trained_and_goes_on(kernel):
    asked = []

    def interrupt(content):
        status = content.get("data", {})
        is_under_way = status.get("text/plain", "").startswith("training: 0/2 runs, 2 running")
        has_trained = is_under_way and 'value="0.000"' not in status["text/html"]  # a point beyond step 0
        if (not asked and has_trained) or "Finishing the runs" in content.get("text", ""):
            asked.append(status)
            kernel.interrupt_kernel()

    messages = run(kernel, LONG, interrupt)
    assert len(asked) == 2
    assert [message["content"]["ename"] for message in messages if message["msg_type"] == "error"] == [
        "KeyboardInterrupt"
    ]
    kinds = [message["msg_type"] for message in messages]
    assert kinds.count("display_data") == 1, "progress is one output, which is replaced"
    assert kinds.count("update_display_data") >= 2
    (said,) = [message["content"]["text"] for message in run(kernel, AFTER) if message["msg_type"] == "stream"]
    assert said == "{'interrupted'} 2 True\n"
