"""A study that trains nothing and records its requests."""

from pathlib import Path


class Recorder:
    """Stands in for :class:`optbench.cli.main.LateStudy`."""

    jobs = ()  # of the last command
    folders = ()  # where they were trained

    def __init__(self, command, all_at_once=False):
        type(self).jobs, type(self).folders = [], []

    def add(self, jobs):
        """Remember jobs; their numbers are their places."""
        before = len(self.jobs)
        self.jobs.extend(jobs)
        self.folders.append(Path.cwd())
        return [float(before + place) for place in range(len(jobs))]

    def finish(self, interrupted=False):
        """There is nothing to finish."""
        return 0
