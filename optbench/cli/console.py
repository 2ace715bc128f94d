"""The console of commands: rich's, without the escape sequences that texts bring along."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from optbench.cli.printing import show_controls


class HarmlessConsole(Console):
    """A console whose only escape sequences are its own, those of styles and of progress."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as rich does, with escape sequences of texts shown."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=show_controls(segment.text))
