"""From a PyTorch module to a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy
import torch
from torch import nn
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import Node

from .check import checker
from .errors import ExportError, NotLeading
from .folding import Folding
from .following import as_for_export, follow
from .graph import Graph, Value
from .inputs import Example, prepare
from .lowering import Lowering
from .outputs import main_output, named_outputs
from .program import Program
from .sizes import SizeNames, shape_of
from .tensors import Tensors
from .writing import Writer


def export(
    model: nn.Module,
    args: tuple = (),
    kwargs: dict[str, Any] | None = None,
    loss: str | Callable | None = None,
    *,
    targets: Any = None,
    longest: int | None = None,
    check: bool = True,
) -> Program:
    """Writes a model down as a program of the host's operations.

    Dropout is off, and batch norm uses its running statistics outside training. The batch stays open, and so does the
    length of integer inputs [batch, length].

    Args:
        model: any module that ``torch.export`` can follow; its mode and weights stay as they are.
        args: an example of its positional inputs, tensors with a batch axis first.
        kwargs: an example of its keyword inputs.
        loss: needed to train with ``nino train`` alone: ``"cross_entropy"`` of the output with ``labels``,
            ``"next_token"`` for the same shifted by one position, the name of an output, or a function
            ``loss(output, targets)``.
        targets: an example of the targets, where ``loss`` is a function.
        longest: texts up to this length: masks and tables of positions are stored for it. By default 1024, or 256
            where that would be more than a million numbers; never shorter than the example.
        check: whether to compare the host's output on the example with PyTorch's.
    Returns:
        The program; its ``note`` says what was checked.
    Raises:
        ExportError: naming module and op, if the model cannot be carried.
    """
    example = prepare(model, args, kwargs or {}, loss, targets)
    with as_for_export(model):
        try:
            program = _stored(model, example, follow(example), longest, loss)
        except NotLeading:
            program = _stored(model, example, follow(example, length=False), longest, loss)
    program._checker, note = checker(model, example)
    if check and program._checker is not None:
        note = f"outputs equal PyTorch's within {program.check():.0e} of the largest"
    program.note = "; ".join(filter(None, [note, *_fixed(program, example)]))
    return program


def _stored(
    model: nn.Module, example: Example, exported: ExportedProgram, longest: int | None, loss: str | Callable | None
) -> Program:
    """The program with its tables stored for texts of a length, by default one that keeps the file small."""
    program = _Conversion(model, example, exported, longest or 1024).program(loss)
    if longest is None and sum(array.size for array in program.constants.values()) > 1_000_000:
        program = _Conversion(model, example, exported, 256).program(loss)
    return program


def _fixed(program: Program, example: Example) -> list[str]:
    """Sizes of inputs that the model's code made the example's own."""
    batch = example.batch()
    fixed = [entry["name"] for entry in program.document["inputs"] if entry["shape"][:1] == [batch]]
    notes = [f"the batch of {name} is fixed at {batch} (len(x) or int(x.shape[0]) in the model)" for name in fixed]
    for entry in program.document["inputs"]:
        if entry["type"] == "int64" and len(entry["shape"]) == 2 and type(entry["shape"][1]) is int:
            notes.append(f"the length of {entry['name']} is fixed at {entry['shape'][1]}")
    return notes


class _Conversion:
    """One exported graph on its way to a program."""

    def __init__(self, model: nn.Module, example: Example, exported: ExportedProgram, longest: int):
        self.longest = longest
        self.model, self.example, self.exported = model, example, exported
        self.tensors = Tensors(model, example.prefix)
        self.names = SizeNames()
        self.sizes: dict[sympy.Symbol, int] = {}
        self.batch: set[sympy.Symbol] = set()
        self.inputs: list[dict[str, Any]] = []
        self.values: dict[Node, Value] = {}
        self.constants: dict[str, torch.Tensor] = {}
        self.placeholders: list[str] = []
        self.main = ""
        """Name of the output that counts, in the model's own output."""
        self.loss: str | None = None
        """Name of the loss in the output of what is traced, if it is there."""

    def program(self, loss: str | Callable | None) -> Program:
        """Reads the graph, folds, lowers, writes."""
        nodes = list(self.exported.graph.nodes)
        self._read_placeholders(nodes)
        graph = Graph()
        lowering = Lowering(graph, self._fold(nodes), self.batch)
        lowering.values.update(self.values)
        for node in nodes:
            lowering.visit(node)
        outputs = self._outputs(lowering, loss)
        return self._write(graph, outputs)

    # Inputs

    def _read_placeholders(self, nodes: list[Node]) -> None:
        specs = iter(self.exported.graph_signature.input_specs)
        leaves = iter(self.example.leaves())
        for node in nodes:
            if node.op != "placeholder":
                continue
            spec = next(specs)
            if spec.kind == InputKind.USER_INPUT:
                self._read_input(node, *next(leaves))
            elif spec.kind == InputKind.PARAMETER or spec.kind == InputKind.BUFFER:
                self._read_tensor(node, spec.target)
            else:
                self.constants[node.name] = self.exported.constants[spec.target]

    def _read_input(self, node: Node, argument: str, example: Any) -> None:
        fake = node.meta.get("val")
        if not isinstance(fake, torch.Tensor):
            return
        shape = shape_of(fake)
        for axis, (size, value) in enumerate(zip(shape, example.shape)):
            if isinstance(size, sympy.Symbol):
                self.names.add(size, "BT"[axis] if axis < 2 else "N1")
                self.sizes[size] = int(value)
                if axis == 0:
                    self.batch.add(size)
        is_integer = not fake.dtype.is_floating_point
        name = self.example.host_name(argument)
        entry = {"name": name} | ({"argument": argument} if argument != name else {})
        entry |= {"type": "int64" if is_integer else "float32", "shape": shape}
        if argument == "targets":
            entry["optional"] = True
        self.inputs.append(entry)
        self.values[node] = Value(shape, name=name, is_integer=is_integer)

    def _read_tensor(self, node: Node, target: str) -> None:
        name, tensor = self.tensors.find(target)
        if name is not None and tensor.dtype.is_floating_point:
            self.values[node] = Value(tuple(tensor.shape), name=name)
            return
        if not node.users:
            return
        if tensor.is_meta:
            self.placeholders.append(target)
            generator = torch.Generator().manual_seed(len(self.placeholders))
            tensor = torch.rand(tensor.shape, generator=generator).to(tensor.dtype)
        self.constants[node.name] = tensor

    # Sizes

    def _fold(self, nodes: list[Node]) -> Folding:
        texts = [symbol for symbol in self.sizes if symbol not in self.batch]
        length = self.longest
        while True:
            largest = {symbol: self.sizes[symbol] + 1 for symbol in self.batch}
            for symbol in texts:
                largest[symbol] = max(self.sizes[symbol], min(length, self._most(symbol)))
            try:
                return Folding(nodes, self.constants, self.sizes, largest)
            except ValueError as error:
                # A table of the model's own ends there.
                if all(largest[symbol] == self.sizes[symbol] for symbol in texts):
                    raise ExportError(f"masks or tables cannot be evaluated: {error}") from error
            length //= 2

    def _most(self, symbol: sympy.Symbol) -> int:
        limits = self.exported.range_constraints.get(symbol)
        return int(limits.upper) if limits is not None and limits.upper.is_Integer else 1 << 31

    def _least(self, symbol: sympy.Symbol) -> int:
        limits = self.exported.range_constraints.get(symbol)
        return int(limits.lower) if limits is not None and limits.lower.is_Integer else 1

    # Outputs

    def _outputs(self, lowering: Lowering, loss: str | Callable | None) -> dict[str, Value]:
        node = next(node for node in self.exported.graph.nodes if node.op == "output")
        mutations = len(self.exported.graph_signature.output_specs) - self.exported.call_spec.out_spec.num_leaves
        leaves = list(node.args[0])[mutations:]
        found = named_outputs(self.exported.call_spec.out_spec, leaves)
        if callable(loss):
            found = {name.removeprefix("outputs."): node for name, node in found.items()}
            found = {"output" if name == "outputs" else name: node for name, node in found.items()}
        # A cell state at the end, say, that the host does not compute, counts as no output.
        lossless = {n: node for n, node in found.items() if n != "loss" and lowering.values.get(node, n) is not None}
        self.main = main = main_output(lossless, lambda node: self._reads(lowering, [lowering._argument(node)]))
        outputs = {"logits": lowering.full(lowering._argument(found[main]))}
        lowering.graph.module = None
        if callable(loss) or (loss is not None and loss in found):
            self.loss = "loss" if callable(loss) else loss
            outputs["loss"] = lowering._argument(found[self.loss])
        elif loss is not None:
            outputs["loss"] = self._cross_entropy(lowering, outputs["logits"], loss, list(found))
        self._add_unread(lowering, outputs, {name: node for name, node in lossless.items() if name != main})
        return outputs

    def _cross_entropy(self, lowering: Lowering, logits: Value, loss: str, known: list[str]) -> Value:
        if loss not in ("cross_entropy", "next_token"):
            choices = ", ".join(["cross_entropy", "next_token", *known])
            raise ExportError(f'loss: expected one of {choices} or a function, found "{loss}"')
        shape = logits.shape[:-1]
        self.inputs.append({"name": "labels", "type": "int64", "shape": shape, "optional": True})
        labels = Value(shape, name="labels", is_integer=True)
        return lowering.graph.apply("crossEntropy", [logits, labels], (), shift=int(loss == "next_token"))

    def _add_unread(self, lowering: Lowering, outputs: dict[str, Value], others: dict[str, Node]) -> None:
        """Further outputs, each if it reads parameters that those before it do not."""
        seen = self._reads(lowering, list(outputs.values()))
        for name, node in others.items():
            value = lowering.full(lowering._argument(node))
            if not self._reads(lowering, [value]) <= seen:
                seen |= self._reads(lowering, [value])
                outputs[name] = value

    def _reads(self, lowering: Lowering, values: list[Value]) -> set[str]:
        """Names of the parameters that values are computed from."""
        operations = lowering.graph.live(values)
        return {x.name for operation in operations for x in operation.inputs if x.name in self.tensors.parameters}

    # The document

    def _write(self, graph: Graph, outputs: dict[str, Value]) -> Program:
        writer = Writer(self.names, self.batch)
        operations = writer.operations(graph, list(outputs.values()))
        references = [{"name": name, "value": writer.reference(value)} for name, value in outputs.items()]
        inputs = [entry | {"shape": [self.names.encode(s) for s in entry["shape"]]} for entry in self.inputs]
        used_inputs = [entry for entry in inputs if entry["name"] in writer.used]
        document: dict[str, Any] = {"model_type": "traced", "format": 1, "name": type(self.model).__name__}
        document["producer"] = f"nino.torch, torch {torch.__version__}"
        document["sizes"] = [self._size(symbol, writer) for symbol in self.sizes]
        document["inputs"] = used_inputs
        document |= self.tensors.entries(writer.used)
        document["constants"] = writer.entries
        document["operations"] = operations
        document["outputs"] = references
        if self.placeholders:
            document["placeholders"] = self.placeholders
        constants = {name: np.asarray(array) for name, array in writer.constants.items()}
        return Program(document, constants, main=self.main, loss=self.loss)

    def _size(self, symbol: sympy.Symbol, writer: Writer) -> dict[str, Any]:
        name = self.names.encode(symbol)
        entry: dict[str, Any] = {"name": name, "example": self.sizes[symbol]}
        least, most = self._least(symbol), min(self._most(symbol), writer.limits.get(name, 1 << 31))
        # 2 is what torch.export itself assumes of every open size.
        entry |= {"least": least} if least > 2 else {}
        return entry | ({"most": most} if most < 1 << 31 else {})
