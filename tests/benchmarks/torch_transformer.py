"""The transformer of ``test_transformer.py`` in PyTorch, in a process of its own.

    python torch_transformer.py RUNS.npz '{"runs": 8, "early": 50, "symbols": 65, "layers": 2, ...}'

``RUNS.npz`` holds the windows ``x``, ``y``, ``x_test`` and ``y_test``, each (windows, characters) int32; and of each
run its initial weights under optbench's names and ``batches`` (steps, examples) int32. It prints the test losses of the
runs after ``early`` steps and at the end, and milliseconds of training per step and run.
"""

import json
import sys
import time

import numpy as np
import torch


class Transformer(torch.nn.Module):
    """The network as one writes it with PyTorch: (batch, characters) -> (batch, characters, symbols)."""

    def __init__(self, symbols, length, layers, heads, width):
        super().__init__()
        self.symbols, self.positions = torch.nn.Embedding(symbols, width), torch.nn.Embedding(length, width)
        layer = torch.nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0.0, activation="relu", batch_first=True, norm_first=True
        )
        self.blocks = torch.nn.TransformerEncoder(layer, layers, torch.nn.LayerNorm(width), enable_nested_tensor=False)
        self.output = torch.nn.Linear(width, symbols)
        self.register_buffer("mask", torch.nn.Transformer.generate_square_subsequent_mask(length))

    def forward(self, ids):
        x = self.symbols(ids) + self.positions.weight
        return self.output(self.blocks(x, mask=self.mask, is_causal=True))

    def load(self, weights):
        """Take weights under optbench's names; norms and biases start as PyTorch has them or at 0."""
        width = self.positions.weight.shape[1]
        kernels = {self.symbols.weight: "embedding/embeddings", self.positions.weight: "positions/embeddings"}
        with torch.no_grad():
            for tensor, name in kernels.items():
                tensor.copy_(weights[name])
            for number, layer in enumerate(self.blocks.layers):
                attention = f"block_{number}_attention"
                parts = [weights[f"{attention}/{part}/kernel"].reshape(width, width).T for part in ATTENTION]
                layer.self_attn.in_proj_weight.copy_(torch.cat(parts))
                outputs = weights[f"{attention}/attention_output/kernel"].reshape(width, width).T
                layer.self_attn.out_proj.weight.copy_(outputs)
                layer.linear1.weight.copy_(weights[f"block_{number}_hidden/kernel"].T)
                layer.linear2.weight.copy_(weights[f"block_{number}_projection/kernel"].T)
            self.output.weight.copy_(weights["output/kernel"].T)
            for name, tensor in self.named_parameters():
                if name.endswith("bias"):
                    tensor.zero_()


ATTENTION = ("query", "key", "value")


def loss_of(network, x, y):
    """The mean cross-entropy over characters."""
    return torch.nn.functional.cross_entropy(network(x).flatten(0, 1), y.flatten())


def train(network, optimizer, x, y, batches):
    """A step for each batch."""
    for batch in batches:
        optimizer.zero_grad()
        loss_of(network, x[batch], y[batch]).backward()
        optimizer.step()


def evaluate(network, x, y):
    """The mean loss over all windows."""
    with torch.no_grad():
        parts = [loss_of(network, a, b).item() * len(a) for a, b in zip(x.split(256), y.split(256), strict=True)]
    return sum(parts) / len(x)


def main():
    """Train each run."""
    path, settings = sys.argv[1], json.loads(sys.argv[2])
    with np.load(path) as data:
        arrays = {name: torch.tensor(data[name]) for name in data.files}
    x, y, x_test, y_test = (arrays[name].long() for name in ("x", "y", "x_test", "y_test"))
    sizes = [settings[name] for name in ("layers", "heads", "width")]
    found = {"early": [], "losses": [], "version": torch.__version__}
    seconds = steps = 0
    for run in range(settings["runs"]):
        network = Transformer(settings["symbols"], x.shape[1], *sizes)
        network.load({name.partition("/")[2]: value for name, value in arrays.items() if name.startswith(f"{run}/")})
        optimizer = torch.optim.Adam(network.parameters(), settings["learning_rate"], eps=settings["eps"])
        batches = arrays[f"{run}/batches"].long()
        for name, part in (("early", batches[: settings["early"]]), ("losses", batches[settings["early"] :])):
            clock = time.perf_counter()
            train(network, optimizer, x, y, part)
            seconds += time.perf_counter() - clock
            found[name].append(evaluate(network, x_test, y_test))
        steps += len(batches)
    print(json.dumps({**found, "milliseconds": 1e3 * seconds / steps}))


if __name__ == "__main__":
    main()
