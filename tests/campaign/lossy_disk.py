"""A disk that loses power: it keeps all synced data and an arbitrary part of the rest.

The functions of :mod:`optbench.runtime.durable` are recorded while a store is written. :meth:`LossyDisk.cut` then makes
the folder as it may be found after the power was lost at a moment: names that were synced, and any of those that were
not; contents that were synced, and torn ones of those that were not.
"""

from pathlib import Path
from typing import NamedTuple

from optbench.runtime import durable

NAMES = ("write_bytes", "sync_file", "rename", "unlink", "sync_folder")


class Operation(NamedTuple):
    """One call of a function of ``durable``."""

    name: str
    path: str
    target: str = ""
    content: bytes = b""


class LossyDisk:
    """Records what is written below a folder.

    Args:
        folder: of the store.
        monkeypatch: of pytest, or anything with its ``setattr``.
    """

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.operations: list[Operation] = []
        right = {
            name: getattr(durable, name) for name in ("write_bytes", "sync_file", "rename", "unlink", "sync_folder")
        }

        def record(name, path, target="", content=b""):
            self.operations.append(Operation(name, str(path), str(target), bytes(content)))

        def write_bytes(path, content):
            record("write_bytes", path, content=content)
            right["write_bytes"](path, content)

        def rename(source, target):
            record("rename", source, target)
            right["rename"](source, target)

        def one(name):
            def operation(path):
                record(name, path)
                right[name](path)

            return operation

        monkeypatch.setattr(durable, "write_bytes", write_bytes)
        monkeypatch.setattr(durable, "rename", rename)
        for name in ("sync_file", "unlink", "sync_folder"):
            monkeypatch.setattr(durable, name, one(name))

    def cut(self, moment, generator, place):
        """Make the folder as it may be after the first ``moment`` operations.

        Args:
            moment: how many operations were begun.
            generator: of NumPy, which decides about what was not synced.
            place: the folder to make; it takes the place of ``folder`` in paths.
        """
        contents, synced = {}, set()  # by number of the file
        names, pending = {}, []  # the number of the file by its name; changes of names that were not synced
        numbers = {}  # as the running system sees names
        for number, operation in enumerate(self.operations[:moment]):
            path = operation.path
            if operation.name == "write_bytes":
                contents[number], numbers[path] = operation.content, number
                pending.append((path, number))
            elif operation.name == "sync_file":
                synced.add(numbers[path])
            elif operation.name == "rename":
                numbers[operation.target] = numbers.pop(path)
                pending.append((path, None, operation.target, numbers[operation.target]))
            elif operation.name == "unlink":
                if numbers.pop(path, None) is not None:
                    pending.append((path, None))
            else:
                pending = self._apply(names, pending, lambda change, path=path: str(Path(change[0]).parent) == path)
        self._apply(names, pending, lambda change: generator.random() < 0.5)
        for path, number in names.items():
            found = place / Path(path).relative_to(self.folder)
            found.parent.mkdir(parents=True, exist_ok=True)
            found.write_bytes(contents[number] if number in synced else torn(contents[number], generator))

    def _apply(self, names, pending, chosen):
        """Apply the chosen changes of names in their order; the others are returned."""
        left = []
        for change in pending:
            if not chosen(change):
                left.append(change)
                continue
            for path, number in zip(change[::2], change[1::2], strict=True):
                if number is None:
                    names.pop(path, None)
                else:
                    names[path] = number
        return left


def torn(content, generator):
    """Some beginning of a content, in part with zeros in place of what was written."""
    kept = content[: int(generator.integers(0, len(content) + 1))]
    return kept if generator.random() < 0.5 else kept + bytes(len(content) - len(kept))
