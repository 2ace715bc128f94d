"""The types that packages exchange: problems, settings, runs, targets, labels and job specifications."""
