"""The console of commands: a rich console that removes control characters from texts."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from optbench.cli.printing import show_controls


class HarmlessConsole(Console):
    """A console whose only escape sequences are its own, for styles and progress."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as rich does, with control characters in texts made visible."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=show_controls(segment.text))
