"""Files with SHA-256 digests, verified on reading, so that a flipped bit never changes a number unnoticed.

    NAME            the file
    NAME.sha256     its digest, in the format of the command sha256sum

The digest is written first. While a file is replaced, ``NAME.sha256`` lists the digests of both the old and the new
version, so a reader accepts either one, whenever the writer is killed. A file without a digest was written by an older
version, and is read without verification.
"""

import hashlib
import time
import uuid
from pathlib import Path

from optbench.runtime import durable

SUFFIX = ".sha256"
ATTEMPTS, WAIT_S = 20, 0.02  # attempts to read a file and its digest while another process replaces them


class Damaged(ValueError):
    """The content of a file is not what was written."""


def digest_path(path: Path) -> Path:
    """The path of the digest of ``path``."""
    return path.with_name(f"{path.name}{SUFFIX}")


def write_with_digest(path: Path, content: bytes | memoryview) -> None:
    """Write a file under a temporary name, then rename it and write its digest. It survives a power failure.

    Raises:
        OSError: the file cannot be written; nothing remains of it.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    with durable.naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            durable.write_bytes(temporary, content)
            durable.sync_file(temporary)
            new, replaces = hashlib.sha256(content).hexdigest(), path.exists()
            _write_digests(path, [*digests_of(path), new] if replaces else [new])
            if replaces:
                durable.sync_folder(path.parent)  # the new file must never exist with only the digest of the old one
            durable.rename(temporary, path)
            durable.sync_folder(path.parent)
            if replaces:
                _write_digests(path, [new])
        finally:
            durable.unlink(temporary)


def read_verified(path: Path) -> bytes:
    """The content of a file.

    Raises:
        Damaged: the content does not match the digest.
        OSError: the file cannot be read; FileNotFoundError if it does not exist.
    """
    for attempt in range(ATTEMPTS):
        content = path.read_bytes()
        expected = digests_of(path)
        if not expected or hashlib.sha256(content).hexdigest() in expected:
            return content
        if attempt + 1 < ATTEMPTS and _is_being_replaced(path):
            time.sleep(WAIT_S)
            continue
        break
    raise Damaged("its content is not what was written: its SHA-256 differs from the recorded one")


def remove_with_digest(path: Path) -> None:
    """Remove a file and then its digest. Neither need exist."""
    durable.unlink(path)
    durable.unlink(digest_path(path))


def digests_of(path: Path) -> list[str]:
    """The digests recorded for a file: none, one, or two while it is being replaced."""
    try:
        lines = digest_path(path).read_text(encoding="utf8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [line.partition(" ")[0] for line in lines]


def _write_digests(path: Path, digests: list[str]) -> None:
    target = digest_path(path)
    temporary = target.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        durable.write_bytes(temporary, "".join(f"{digest}  {path.name}\n" for digest in digests).encode())
        durable.sync_file(temporary)
        durable.rename(temporary, target)
    finally:
        durable.unlink(temporary)


def _is_being_replaced(path: Path) -> bool:
    """Whether the file or its digest changed within the last second, so that another process may be replacing it."""
    newest = max(p.stat().st_mtime for p in (path, digest_path(path)) if p.exists())
    return time.time() - newest < 1.0
