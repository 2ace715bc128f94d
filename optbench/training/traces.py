"""Traces on disk: the graphs of traced functions, for reuse by later processes.

Tracing a population takes longer than reading its machine code from the compilation cache, because Python code
vectorizes each operation over the lanes. The graph is therefore stored along with the machine code.

    function ──trace──> Trace ──to_bytes──> compilation cache ──from_bytes──> Trace ──load──> the same graph

The graph that is called is always a loaded one. Its name is the digest of its content, so that XLA finds it in this
process and in others, and functions with the same name are equal.

The key covers everything that determines a trace: the caller's name for the configuration, the user's code and the
data; the shapes of the arguments; optbench's own files; the versions of Keras and NumPy. The cache has a separate
folder for each version of TensorFlow and each processor.
"""

import hashlib
import json
import logging
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.eager import context

from optbench.runtime.tensorflow_import import compilation_cache
from optbench.training.function_names import exact_name

log = logging.getLogger(__name__)
Tensor = Any
Structure = Any  # nested dicts with the index of each output at the leaves; None if the caller knows the structure
FORMAT = 1


@dataclass(frozen=True)
class Trace:
    """A traced function as plain data."""

    graph: bytes  # a serialized GraphDef without its inputs
    inputs: Sequence[str]  # names of the placeholder tensors that the arguments replace, in order
    outputs: Sequence[str]
    structure: Structure

    def to_bytes(self) -> bytes:
        """Serialize to a header in JSON, a line feed and the compressed graph."""
        header = {"format": FORMAT, "inputs": self.inputs, "outputs": self.outputs, "structure": self.structure}
        return json.dumps(header).encode() + b"\n" + zlib.compress(self.graph, 1)

    @staticmethod
    def from_bytes(content: bytes) -> "Trace":
        """Deserialize the output of :meth:`to_bytes`."""
        header, _, graph = content.partition(b"\n")
        values = json.loads(header)
        return Trace(zlib.decompress(graph), values["inputs"], values["outputs"], values["structure"])


def trace_key(name: str, arguments: Sequence[Tensor]) -> str:
    """The key of a trace.

    Args:
        name: a digest of everything besides optbench's own code on which the traced function depends.
        arguments: the flat arguments.
    """
    shapes = [f"{argument.dtype.name}{tuple(argument.shape)}" for argument in arguments]
    return hashlib.sha256("\0".join([name, _surroundings(), *shapes]).encode()).hexdigest()[:32]


def read_trace(key: str) -> Trace | None:
    """The trace for a key; None if there is none."""
    cache = compilation_cache()
    content = None if cache is None else cache.read(_file(key))
    if content is None:
        return None
    try:
        return Trace.from_bytes(content)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        log.info("a trace could not be read: %s", error)
        return None


def keep_trace(key: str, trace: Trace) -> None:
    """Store a trace for this process, and for others once the cache is published."""
    cache = compilation_cache()
    if cache is not None:
        cache.write(_file(key), trace.to_bytes(), key)


def as_trace(function: Any, arguments: Sequence[Tensor], known_structure: bool) -> Trace | None:
    """Convert a concrete function to a :class:`Trace`; None if it captures tensors that are not among its arguments.

    Args:
        function: traced with ``arguments``.
        arguments: the flat arguments.
        known_structure: whether the caller knows the structure of the outputs; otherwise they are nested dicts.
    """
    outputs = function.outputs
    structure = None if known_structure else _numbered(function.structured_outputs, iter(range(len(outputs))))
    if function.graph.captures or len(function.inputs) != len(arguments):
        return None
    graph = function.graph.as_graph_def()
    for node in [node for node in graph.node if node.op == "Placeholder"]:
        graph.node.remove(node)
    rename_functions(graph)
    content = graph.SerializeToString(deterministic=True)
    return Trace(content, [t.name for t in function.inputs], [t.name for t in outputs], structure)


def rename_functions(graph: Any) -> None:
    """Name the functions in a GraphDef's library by their order of use and the digest of the graph.

    The original names contain the number of functions traced before in this process. Also, when TensorFlow drops a
    trace, it removes the trace's functions and any others of the same name.
    """
    names = {name: f"function_{number}" for number, name in enumerate(_used_functions(graph))}
    _rename(graph, names)
    library = sorted(graph.library.function, key=lambda function: function.signature.name)
    del graph.library.function[:]
    graph.library.function.extend(library)
    digest = hashlib.sha256(graph.SerializeToString(deterministic=True)).hexdigest()[:16]
    _rename(graph, {name: f"{name}_{digest}" for name in names.values()})


def _used_functions(graph: Any) -> list[str]:
    """The functions of a GraphDef in the order in which its nodes refer to them, followed by nested functions."""
    library = {function.signature.name: function for function in graph.library.function}
    found: dict[str, None] = {}
    waiting = [graph.node]
    while waiting:
        for node in waiting.pop(0):
            for name in _called(node):
                if name in library and name not in found:
                    found[name] = None
                    waiting.append(library[name].node_def)
    return [*found, *(name for name in sorted(library) if name not in found)]


def _called(node: Any) -> Iterator[str]:
    """The functions that a node refers to, for any purpose."""
    yield node.op
    for _, attribute in sorted(node.attr.items()):
        for called in [attribute.func] if attribute.HasField("func") else attribute.list.func:
            yield called.name


def _rename(graph: Any, names: Mapping[str, str]) -> None:
    for function in graph.library.function:
        function.signature.name = names[function.signature.name]
    for node in (*graph.node, *(node for function in graph.library.function for node in function.node_def)):
        node.op = names.get(node.op, node.op)
        for attribute in node.attr.values():
            for called in [attribute.func] if attribute.HasField("func") else attribute.list.func:
                called.name = names.get(called.name, called.name)
    for gradient in graph.library.gradient:
        gradient.function_name = names[gradient.function_name]
        gradient.gradient_func = names[gradient.gradient_func]


def load(trace: Trace, arguments: Sequence[Tensor]) -> Callable[..., list[Tensor]]:
    """The traced function from flat arguments to flat outputs, to be compiled by XLA."""
    graph = tf.compat.v1.GraphDef.FromString(trace.graph)
    _register_functions(graph.library)

    def imported(*flat: Tensor) -> list[Tensor]:
        places = dict(zip(trace.inputs, flat, strict=True))
        found: list[Tensor] = tf.graph_util.import_graph_def(graph, places, return_elements=trace.outputs, name="")
        return found

    function = tf.function(imported, jit_compile=True, autograph=False)
    with exact_name(hashlib.sha256(trace.to_bytes()).hexdigest()[:32]):
        concrete = function.get_concrete_function(*(tf.TensorSpec(a.shape, a.dtype) for a in arguments))
    return concrete.inference_fn.call_flat  # type: ignore[no-any-return]  # neither binds nor casts the arguments again


def pack(structure: Structure, outputs: Sequence[Tensor]) -> Any:
    """Pack outputs into their original nested dicts."""
    if isinstance(structure, dict):
        return {name: pack(part, outputs) for name, part in structure.items()}
    return outputs[structure]


def _register_functions(library: Any) -> None:
    """Register functions for the lifetime of this process, because XLA keeps their compiled code equally long."""
    registered = context.context()
    for function in library.function:
        if not registered.has_function(function.signature.name):
            registered.add_function_def(function)


def _numbered(outputs: Any, numbers: Any) -> Structure:
    """Nested dicts with the index of each tensor in the order of ``tf.nest``, which sorts names."""
    if isinstance(outputs, dict):
        found = {name: _numbered(outputs[name], numbers) for name in sorted(outputs)}
        return {name: found[name] for name in outputs}
    return next(numbers)


def _file(key: str) -> str:
    return f"trace_{key}.pb"


@cache
def _surroundings() -> str:
    """A digest of optbench's own files and of everything else besides the function that affects a trace."""
    text = hashlib.sha256(f"{FORMAT} {metadata.version('keras')} {metadata.version('numpy')}".encode())
    text.update(f"{keras.config.floatx()} {keras.config.epsilon()} {keras.config.image_data_format()}".encode())
    package = Path(__file__).resolve().parent.parent
    for path in sorted(package.rglob("*.py")):
        text.update(f"{path.relative_to(package)}\0".encode())
        text.update(path.read_bytes())
    return text.hexdigest()
