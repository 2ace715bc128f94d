"""Run the notebooks of ``docs/notebooks``: ``python -m tests.notebooks`` keeps their outputs (make notebooks).

Notebooks write into the folder they run in, so they run in a temporary one. What TensorFlow notes at its import is
about one machine, and is not kept.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "docs" / "notebooks"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
TIMEOUT_S = 300  # of a cell
QUIET = ("TF_CPP_MIN_LOG_LEVEL", "OPTBENCH_QUIET")  # of this process; a reader's kernel has none
IMPORT_NOTE = re.compile(r"WARNING: All log messages before absl|[IWE]0000 00:00:|To enable the following instr|$")


@contextmanager
def kernel(folder: Path) -> Iterator[KernelManager]:
    """A kernel that runs in a folder and finds this package."""
    manager = KernelManager(kernel_name="python3")
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {name: value for name, value in os.environ.items() if name not in QUIET}
    manager.start_kernel(cwd=str(folder), env={**environment, "PYTHONPATH": path})
    try:
        yield manager
    finally:
        manager.shutdown_kernel(now=True)


def execute(notebook: nbformat.NotebookNode, manager: KernelManager) -> nbformat.NotebookNode:
    """Run a notebook from an empty session, and return it with its outputs.

    Raises:
        CellExecutionError: a cell raised.
    """
    reset = nbformat.v4.new_code_cell("%reset -f")
    found = nbformat.v4.new_notebook(cells=[reset, *(cell.copy() for cell in notebook.cells)])
    client = NotebookClient(found, km=manager, timeout=TIMEOUT_S, record_timing=False, coalesce_streams=True)
    try:
        client.execute()
    finally:
        client.kc.stop_channels()
    code = [cell for cell in found.cells[1:] if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        cell.execution_count = number
        cell.outputs = [output for output in cell.outputs if not is_import_note(output)]
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = number
    return nbformat.v4.new_notebook(cells=found.cells[1:], metadata={"kernelspec": KERNEL})


def is_import_note(output: nbformat.NotebookNode) -> bool:
    """Whether an output has nothing but what TensorFlow notes at its import."""
    is_stderr = output.output_type == "stream" and output.name == "stderr"
    return is_stderr and all(IMPORT_NOTE.match(line) for line in output.text.split("\n"))


def main() -> None:
    """Run each notebook and keep its outputs."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as folder, kernel(Path(folder)) as manager:
            nbformat.write(execute(nbformat.read(path, as_version=4), manager), path)
        print(path.relative_to(ROOT), f"{path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
