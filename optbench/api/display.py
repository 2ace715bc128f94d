"""Choose how Python code displays a running study."""

from typing import Any

from optbench.api.notebook_display import NotebookDisplay, in_notebook
from optbench.api.plain_display import PythonDisplay
from optbench.cli.console import HarmlessConsole
from optbench.config.user_code import describe_returned
from optbench.errors import ConfigError


def make_display(progress: Any) -> PythonDisplay:
    """The display of a study.

    Args:
        progress: ``"auto"`` or True for a progress bar in a terminal, one line that is updated in place in a notebook,
            and one line per program in a log; False for nothing.

    Raises:
        ConfigError: ``progress`` has another value.
    """
    if not isinstance(progress, bool) and not (isinstance(progress, str) and progress == "auto"):
        raise ConfigError(f"`progress` must be 'auto', True or False. Received: {describe_returned(progress)}.")
    notebook = in_notebook()
    moving = False if notebook else None  # a cell's output would keep every state of a bar
    console = HarmlessConsole(highlight=False, quiet=progress is False, force_jupyter=False, force_terminal=moving)
    return NotebookDisplay(console) if notebook and progress is not False else PythonDisplay(console)
