"""The names of a model's parameters, and patterns that select parameters.

    paths, shapes, kinds ──describe_parameters──> ParameterName per parameter ──matches(pattern)──> the selected ones

A pattern is a role (``bias``, ``norm``, ``embedding``, ``first``, ``last``, ``hidden``, ``weight``), the kind of a
layer (``dense``, ``convolution``, ...), the name of a layer, or a path with wildcards, such as ``*/bias``.
"""

import fnmatch
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, get_args

LayerKind = Literal["dense", "convolution", "recurrence", "attention", "embedding", "norm", "other"]
Role = Literal["weight", "bias", "norm", "embedding", "first", "last", "hidden"]
ROLES: tuple[Role, ...] = get_args(Role)
KINDS: tuple[LayerKind, ...] = get_args(LayerKind)
WILDCARDS = frozenset("*?[")


class ParameterName(NamedTuple):
    """What a rule may know about a parameter besides its value."""

    path: str  # such as "dense_0/kernel"
    kind: LayerKind  # kind of its layer
    roles: frozenset[Role]

    @property
    def layer(self) -> str:
        """The path of its layer. A parameter outside any layer is treated as a layer of its own."""
        return layer_of(self.path)

    def matches(self, pattern: str) -> bool:
        """Whether a pattern selects this parameter."""
        if pattern in ROLES or pattern in KINDS:
            return pattern in self.roles or pattern == self.kind
        if WILDCARDS & set(pattern):
            return fnmatch.fnmatchcase(self.path, pattern)
        return self.path == pattern or self.path.startswith(f"{pattern}/")


Names = Sequence[ParameterName]


def describe_parameters(
    paths: Sequence[str], shapes: Sequence[Sequence[int]], kinds: Sequence[LayerKind] = ()
) -> tuple[ParameterName, ...]:
    """Return the name of each parameter with its kind and roles.

    ``weight`` marks tensors of rank 2 or more that are not biases and do not belong to a normalization. ``first`` and
    ``last`` mark all parameters of the first and the last layer with a weight, in the order of ``paths``. ``hidden``
    marks the weights between them, except embeddings.

    Args:
        paths: one per parameter, in the order of the model.
        shapes: of the parameters.
        kinds: of their layers. If empty, they are inferred from the last part of each path, the name of the Keras
            variable: ``embeddings`` belongs to an embedding, ``gamma`` and ``beta`` to a normalization.
    """
    kinds = kinds or [kind_by_name(path) for path in paths]
    weights = [is_weight_name(*row) for row in zip(paths, shapes, kinds, strict=True)]
    layers = [layer_of(path) for path, weight in zip(paths, weights, strict=True) if weight]
    first, last = (layers[0], layers[-1]) if layers else (None, None)

    def roles(path: str, kind: LayerKind, weight: bool) -> Iterable[Role]:
        layer = layer_of(path)
        if weight:
            yield "weight"
        if kind == "norm":
            yield "norm"
        elif is_bias(path):
            yield "bias"
        if kind == "embedding":
            yield "embedding"
        if layer == first:
            yield "first"
        if layer == last:
            yield "last"
        if weight and kind != "embedding" and layer not in (first, last):
            yield "hidden"

    rows = zip(paths, kinds, weights, strict=True)
    return tuple(ParameterName(path, kind, frozenset(roles(path, kind, weight))) for path, kind, weight in rows)


def kind_by_name(path: str) -> LayerKind:
    """The kind of a layer, inferred from the name of its parameter."""
    variable = path.rpartition("/")[2].partition("#")[0]
    if variable == "embeddings":
        return "embedding"
    return "norm" if variable in ("gamma", "beta") else "other"


def is_weight_name(path: str, shape: Sequence[int], kind: LayerKind) -> bool:
    """Whether a parameter is a weight, by its rank, its name and its layer."""
    return len(shape) >= 2 and kind != "norm" and not is_bias(path)


def is_bias(path: str) -> bool:
    """Whether the last part of a path names a bias, as in ``dense/bias`` and ``gru/gru_cell/bias``."""
    return path.rpartition("/")[2].partition("#")[0] in ("bias", "b")


def layer_of(path: str) -> str:
    """The path of the layer of a parameter; the path itself if it has one part."""
    return path.rpartition("/")[0] or path
