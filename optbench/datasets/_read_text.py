"""Text files in UTF-8, read whole."""

from pathlib import Path

from optbench.errors import ConfigError


def read_text(path: str | None, key: str = "dataset.path") -> str:
    """Read a whole file. Line endings are kept.

    Args:
        path: the path of the file, relative to the working directory.
        key: the parameter with the path, for messages.

    Raises:
        ConfigError: there is no such file, or it is not UTF-8.
    """
    if path is None:
        raise ConfigError(f"`{key}` must name a text file in UTF-8. Received: {key}=null.")
    file = Path(path).expanduser()
    if not file.is_file():
        raise ConfigError(f"`{key}` must name a text file in UTF-8. Received: {key}={path}, no such file.")
    try:
        return file.read_bytes().decode("utf8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"`{key}` must name a text file in UTF-8. Received: {key}={path}, "
            f"whose byte {error.start} is something else. Convert it, iconv -t UTF-8."
        ) from None
