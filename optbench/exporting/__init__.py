"""Export the runs of a study to other tools: one run each, with hyperparameters, curves, tags and the page.

    StudyResult ──runs.exported_runs──> [ExportedRun] ──> tables | tensorboard | mlflow | wandb

Metrics are named ``split/metric``. The loss of a diverged run is NaN at the first step at which it was not finite.
"""
