"""Keras's losses, and users' classes with the same interface."""

from functools import partial
from typing import Annotated, Any

from optbench.config.parameters import NamesCode
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.losses import _keras_classes as classes
from optbench.losses._functions import (
    TargetForm,
    TargetOption,
    call_loss,
    decide_class,
    threshold_of,
    true_targets,
)
from optbench.losses._outputs import check_distribution
from optbench.losses.base import (
    ClassWeight,
    Loss,
    Meaning,
    OutputsAre,
    check_outputs,
    check_positions,
    meaning_of,
    probabilities,
    read_meaning,
    return_outputs,
    weight_classes,
)
from optbench.models.base import Model

Tensor = Any


def keras(
    class_name: Annotated[str, NamesCode()] = "MeanSquaredError",
    keywords: dict[str, Any] | None = None,
    targets: TargetOption = None,
    class_weight: ClassWeight = None,
    outputs_are: OutputsAre = None,
) -> Loss:
    """A loss class of Keras, or a user's class; its ``call`` is used, before any reduction.

    The argument ``from_logits`` of a class is set according to the model's outputs, unless ``keywords`` contain it.
    Classes that accept only probabilities receive probabilities. Targets that are classes become one-hot vectors, or
    integer labels for ``SparseCategoricalCrossentropy``, ``CategoricalGeneralizedCrossEntropy`` and users' classes. A
    single output represents class 1 of two, and has targets 0 and 1 (batch, 1).

    Args:
        class_name: a class of ``keras.losses``, such as ``Huber``, or a dotted path, ``my_package.losses.Mine``.
        keywords: keyword arguments of that class, ``{delta: 2.0}``; null for none. Others have Keras's defaults.
        targets: ``labels`` or ``one_hot``, for several outputs of exclusive classes; null as described above.
        class_weight: ``balanced``, or a weight for each class by its label or name; null for none.
        outputs_are: ``logits`` or ``probabilities``, if the output activation does not determine it; null infers it
            from the model.

    Raises:
        ConfigError: there is no such class, it does not accept the keywords, or (from ``check``) it is not applicable
            to the data set or to the meaning of the model's outputs.

    Source: Keras, ``keras.losses``. ``CTC`` and ``Circle`` have no value per example and are rejected.
    """
    kind = classes.loss_class(class_name)
    given = dict(keywords or {})
    classes.check_keywords(class_name, kind, given)
    classes.construct(class_name, kind, given)
    form: TargetForm = targets or default_form(class_name)

    def check(dataset: Dataset, model: Model) -> None:
        check_fits(class_name, dataset, model)
        read_class_meaning(class_name, kind, given, dataset, model, outputs_are)

    def fit(dataset: Dataset, model: Model) -> Loss:
        meaning = read_class_meaning(class_name, kind, given, dataset, model, outputs_are)
        told = {"from_logits": meaning == "logits"} if takes_logits(kind) and meaning else {}
        call = classes.call_of(class_name, classes.construct(class_name, kind, {**told, **given}))
        exclusive = dataset.kind != "multilabel"
        convert = None if meaning is None else partial(probabilities, meaning=meaning, exclusive=exclusive)
        prepare = convert if class_name in classes.PROBABILITIES and convert else return_outputs

        def value(outputs: Tensor, y: Tensor) -> Tensor:
            return call_loss(call, kind, prepare(outputs), true_targets(outputs, y, form))

        calibrated = meaning if meaning == "probabilities" or not compares_numbers(class_name, kind) else None
        return Loss(
            weight_classes(value, class_weight, dataset),
            partial(decide_class, threshold=decision_threshold(class_name, meaning, calibrated)),
            check,
            scores=convert if convert and calibrated else return_outputs,
            meaning=calibrated,
        )

    def value(outputs: Tensor, y: Tensor) -> Tensor:
        return call_loss(classes.construct(class_name, kind, given).call, kind, outputs, true_targets(outputs, y, form))

    return Loss(value, partial(decide_class, threshold=0.5), check, fit=fit)


def default_form(class_name: str) -> TargetForm:
    """The form of the targets that a class expects for several outputs of exclusive classes."""
    takes_labels = class_name in classes.INTEGER_LABELS or not classes.is_library(class_name)
    return "labels" if takes_labels else "one_hot"


def takes_logits(kind: classes.LossClass) -> bool:
    """Whether a class has an argument for whether outputs are logits."""
    return "from_logits" in classes.keyword_names(kind)


def compares_numbers(class_name: str, kind: classes.LossClass) -> bool:
    """Whether a Keras class compares outputs with numbers (margins, errors), so that linear outputs are not logits."""
    return classes.is_library(class_name) and not takes_logits(kind) and class_name not in classes.PROBABILITIES


def decision_threshold(class_name: str, meaning: Meaning | None, calibrated: Meaning | None) -> float:
    """The value of a single output above which class 1 is predicted."""
    return 0.0 if class_name in classes.MARGINS else threshold_of(calibrated and meaning)


def check_fits(class_name: str, dataset: Dataset, model: Model) -> None:
    """Raise unless a class is applicable to the targets of ``dataset`` and the number of outputs."""
    check_positions(dataset, model)
    check_outputs("keras", dataset, model)
    has_classes = dataset.classes or dataset.kind == "multilabel"
    if class_name in classes.CLASSES_ONLY and not has_classes:
        raise ConfigError(
            f"`loss.class_name={class_name}` needs classes. Received: dataset={dataset.name}, which has numbers for "
            "targets. Take loss=auto."
        )
    if class_name not in classes.DISTRIBUTIONS:
        return
    if not dataset.classes or model.outputs == 1:
        advice = "BinaryCrossentropy" if "ross" in class_name else "another class"
        raise ConfigError(
            f"`loss.class_name={class_name}` needs an output for each of several exclusive classes. Received: "
            f"dataset={dataset.name} and {model.outputs} output{'s' if model.outputs > 1 else ''}. Take {advice}."
        )
    if class_name not in classes.MARGINS:
        check_distribution("keras", dataset, model)


def read_class_meaning(
    class_name: str, kind: Any, keywords: dict[str, Any], dataset: Dataset, model: Model, given: Meaning | None
) -> Meaning | None:
    """The meaning of outputs for a class; None if it compares them with numbers.

    Raises:
        ConfigError: the class needs the meaning and it is unknown; or the user and the model contradict each other.
    """
    if not (dataset.classes or dataset.kind == "multilabel"):
        return None
    if dataset.classes and model.outputs == 1 and model.output_activation == "softmax":
        check_distribution("keras", dataset, model)
    said = keywords.get("from_logits") if takes_logits(kind) else None
    if said is not None:
        given = read_from_logits(class_name, bool(said), model, given)
    if takes_logits(kind) or class_name in classes.PROBABILITIES or (model.outputs == 1 and dataset.classes):
        meaning: Meaning | None = read_meaning("keras", model, given)
    else:
        meaning = given or meaning_of(model)
    if class_name in classes.MARGINS and meaning == "probabilities":
        raise ConfigError(
            f"`loss.class_name={class_name}` compares outputs with -1 and 1 and needs linear ones. "
            f"Received: model.output_activation={model.output_activation}. Take linear."
        )
    return meaning


def read_from_logits(class_name: str, from_logits: bool, model: Model, given: Meaning | None) -> Meaning:
    """The meaning of outputs by ``keywords.from_logits``; ConfigError if it contradicts the model or the user."""
    said: Meaning = "logits" if from_logits else "probabilities"
    known = meaning_of(model) or given or said
    if known != said or (given is not None and given != said):
        raise ConfigError(
            f"`loss.keywords.from_logits` of {class_name} contradicts the model, whose outputs are {known}. Received: "
            f"loss.keywords.from_logits={str(from_logits).lower()} and "
            f"model.output_activation={model.output_activation}. Leave it out."
        )
    return said
