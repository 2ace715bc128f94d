"""Known names of columns, splits, metrics with their directions and ranges, and statuses.

Names are compared without case and punctuation: ``Val/Acc``, ``val_acc`` and ``val.acc`` are the same.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from optbench.spec.metrics import MetricRange
from optbench.spec.status import RunStatus

ROLES: Mapping[str, tuple[str, ...]] = {  # the first of these names that a table has is the column of the role
    "problem": ("problem", "dataset", "data_set", "task", "benchmark", "workload", "data"),
    "optimizer": ("optimizer", "optimiser", "optim", "opt", "optimizer_name", "method", "algorithm", "update_rule"),
    "seed": ("seed", "random_seed", "rng", "rng_seed", "random_state", "repeat", "repetition", "replicate"),
    "run": ("run", "run_id", "run_name", "run_uuid", "trial_id"),
    "step": ("step", "global_step", "iteration", "iter", "update", "n_updates", "optimizer_step"),
    "epoch": ("epoch", "epochs_done", "epoch_number"),
    "split": ("split", "phase", "subset", "partition"),
    "metric": ("metric", "metric_name", "tag", "variable", "measure"),
    "value": ("value", "metric_value", "scalar"),
    "status": ("status", "state", "run_status", "outcome"),
    "wall_s": ("wall_s", "time_s", "wall_time", "wall_time_s", "walltime", "runtime", "runtime_s", "train_time",
               "train_time_s", "training_time", "duration", "duration_s", "seconds", "elapsed", "elapsed_s"),
    "parameters": ("parameters", "n_parameters", "num_parameters", "num_params", "n_params", "params"),
    "batch_size": ("batch_size", "batchsize", "bs"),
    "model": ("model", "architecture", "arch", "network"),
}  # fmt: skip
LEARNING_RATE = "learning_rate"
HYPERPARAMETERS: Mapping[str, str] = {  # known names of hyperparameters, each with its name in tables
    **dict.fromkeys(("learning_rate", "lr", "base_lr", "init_lr", "initial_lr", "eta"), LEARNING_RATE),
    **dict.fromkeys(("weight_decay", "wd", "l2"), "weight_decay"),
    **dict.fromkeys(("b1", "beta1", "beta_1", "adam_beta1"), "b1"),
    **dict.fromkeys(("b2", "beta2", "beta_2", "adam_beta2"), "b2"),
    **dict.fromkeys(("eps", "epsilon", "adam_epsilon"), "eps"),
    **{name: name for name in ("momentum", "nesterov", "rho", "dampening", "alpha", "mu", "amsgrad", "schedule")},
    **{name: name for name in ("warmup", "warmup_steps", "clip_norm", "clipnorm", "grad_clip", "lr_schedule")},
    **{name: name for name in ("scheduler", "lr_scheduler", "dropout", "label_smoothing")},
}
HYPERPARAMETER_PREFIXES = (
    *("hp.", "hp/", "hparams/", "hparam/", "config.", "config/", "params.", "params_", "user_attrs_"),
)
SPLITS: Mapping[str, str] = {
    **dict.fromkeys(("train", "training", "fit"), "train"),
    **dict.fromkeys(("valid", "val", "validation", "dev", "eval", "evaluation"), "valid"),
    **dict.fromkeys(("test", "testing", "holdout", "heldout"), "test"),
}
SAME_METRIC: Mapping[str, str] = {
    **dict.fromkeys(("acc", "top1", "top_1", "acc1", "top1_acc", "top1_accuracy", "accuracy_score"), "accuracy"),
    **dict.fromkeys(("err", "error_rate"), "error"),
    **dict.fromkeys(("ppl",), "perplexity"),
    **dict.fromkeys(("auroc", "auc_roc"), "roc_auc"),
}
LOWER = (
    *("loss", "error", "mse", "rmse", "mae", "mape", "nll", "perplexity", "wer", "cer", "fid", "bpc", "bpb"),
    *("crossentropy", "cross_entropy", "logloss", "regret", "brier", "deviance", "divergence"),
)
HIGHER = (
    *("accuracy", "acc", "score", "auc", "f1", "precision", "recall", "r2", "bleu", "rouge", "map", "ap", "iou"),
    *("miou", "dice", "reward", "return", "kappa", "mcc", "psnr", "ssim", "elbo", "likelihood", "ndcg", "mrr"),
)
FRACTIONS = ("accuracy", "auc", "f1", "precision", "recall", "iou", "miou", "dice", "ap", "ndcg", "mrr")  # in [0, 1]
STATUSES: Mapping[str, RunStatus] = {
    **dict.fromkeys(("done", "finished", "complete", "completed", "success", "ok", "stopped_early"), RunStatus.DONE),
    **dict.fromkeys(("diverged", "nan", "divergence"), RunStatus.DIVERGED),
    **dict.fromkeys(("failed", "fail", "crashed", "error", "failure", "out_of_memory", "oom"), RunStatus.FAILED),
    **dict.fromkeys(("interrupted", "running", "killed", "preempted", "preempting"), RunStatus.INTERRUPTED),
    **dict.fromkeys(("scheduled", "waiting", "pending", "timeout", "cancelled", "canceled"), RunStatus.INTERRUPTED),
    **dict.fromkeys(("pruned",), RunStatus.PRUNED),
}


class MetricName(NamedTuple):
    """A metric with its split, which is empty if the name has none."""

    split: str
    metric: str


def normalize(name: object) -> str:
    """A name in lower case, with punctuation replaced by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", str(name).strip().lower()).strip("_")


def parse_metric(name: object) -> MetricName:
    """The split and the metric of names such as ``val_acc``, ``Loss/train``, ``test.accuracy`` or ``f1``."""
    words = normalize(name).split("_")
    split = ""
    if len(words) > 1 and words[0] in SPLITS:
        split, words = SPLITS[words[0]], words[1:]
    elif len(words) > 1 and words[-1] in SPLITS:
        split, words = SPLITS[words[-1]], words[:-1]
    metric = "_".join(words)
    metric = f"m_{metric}" if metric[:1].isdigit() else metric
    return MetricName(split, SAME_METRIC.get(metric, metric))


def direction_by_name(metric: str) -> MetricRange | None:
    """The direction and range of a metric by its name; None if they cannot be inferred."""
    words = metric.split("_")
    ends = {words[-1], words[0], metric, re.sub(r"\d+$", "", words[-1]), "_".join(words[-2:])}
    if ends & set(LOWER):
        return MetricRange("minimize")
    if ends & set(HIGHER):
        return MetricRange("maximize")
    return None


def is_fraction(metric: str) -> bool:
    """Whether a metric has values in [0, 1]."""
    return any(word in FRACTIONS for word in metric.split("_"))


def strip_prefix(name: object) -> str | None:
    """The name of a hyperparameter whose column has such a prefix; None for other columns."""
    text = str(name).strip()
    prefix = next((p for p in HYPERPARAMETER_PREFIXES if text.lower().startswith(p)), None)
    if prefix is None or len(text) == len(prefix):
        return None
    return known_hyperparameter(text[len(prefix) :]) or normalize(text[len(prefix) :])


def known_hyperparameter(name: object) -> str | None:
    """The name in tables of a known hyperparameter; None for other names."""
    return HYPERPARAMETERS.get(normalize(name))
