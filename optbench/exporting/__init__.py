"""Runs of a study to files and services of other tools: one run each, with hyperparameters, curves, tags and the page.

    StudyResult ──runs.exported_runs──> [ExportedRun] ──> tables | tensorboard | mlflow | wandb

Metrics are named ``split/metric``. The loss of a diverged run is NaN at the step at which it was first not finite.
"""
