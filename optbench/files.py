"""Names that any file system takes, and files written whole or not at all."""

import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote


def file_name(name: str) -> str:
    """A study's name as one that any file system and any address takes; :func:`study_name` gives it back."""
    quoted = quote(name, safe=" +,=@").replace("~", "%7E")
    quoted = f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted
    return quoted.replace("%", "~")


def study_name(file: str) -> str:
    """The inverse of :func:`file_name`."""
    return unquote(file.replace("~", "%"))


def write_text(path: Path, text: str) -> None:
    """Write a whole text file or nothing."""
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf8"))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file under a temporary name, and rename it to ``path`` once it is whole.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
