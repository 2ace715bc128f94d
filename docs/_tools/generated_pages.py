"""Write the pages that are generated, before Sphinx looks for pages. They are ignored by git."""

from pathlib import Path
from typing import Any

from _tools import items, python_api


def setup(app: Any) -> dict[str, bool]:
    """Let Sphinx call :func:`write_pages`."""
    app.connect("config-inited", lambda app, config: write_pages(Path(app.srcdir)))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def pages() -> dict[str, str]:
    """The text of each generated page, by its path in the folder of pages."""
    of_groups = {f"items/{group}.rst": items.page(group) for group in items.groups()}
    listed = "\n".join(f"   {group}" for group in items.groups())
    index = (
        f"{items.heading('Items', '=')}\n\nEverything that a command can name, from its YAML file, signature and "
        f"docstring.\n\n.. toctree::\n   :maxdepth: 2\n\n{listed}\n"
    )
    return of_groups | {"items/index.rst": index, "api.rst": python_api.page()}


def write_pages(folder: Path) -> None:
    """Write pages whose text changed, so that Sphinx reads no others again."""
    for name, text in pages().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf8") != text:
            path.write_text(text, encoding="utf8")
