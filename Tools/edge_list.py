"""NiNo's step as the paper writes it (nino-model.md 3), edge by edge in plain PyTorch: what `nino bench
--against-pytorch` compares with.

Reads a graph, five states and a checkpoint, all safetensors; writes the predicted parameters. Edges go through the
network in chunks, so that
the arrays of edges x width need not all fit; the hidden vectors of all edges are kept, as they are in any edge-list
form. Takes
plain weights (one scalar an edge). Prints one JSON object: seconds of the step, and the process's peak memory in bytes.
"""

import argparse
import json
import resource
import struct
import time

import torch
from torch.nn.functional import linear, silu

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}
CHUNK = 1 << 18


def load(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        metadata = header.pop("__metadata__", {})
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        raw = torch.frombuffer(data, dtype=torch.uint8)[begin:end].clone()
        tensors[name] = raw.view(DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


def save(path, tensors):
    header, offset = {}, 0
    for name, tensor in tensors.items():
        size = tensor.numel() * 4
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            # Through the storage: NumPy, which tobytes() needs, may not be there.
            file.write(bytes(tensor.contiguous().clone().untyped_storage()))


def nowcast(weights, graph, lists, states, k):
    def layer(name, x, columns=None):
        weight = weights[name + ".weight"]
        return linear(x, weight if columns is None else weight[:, :columns], weights[name + ".bias"])

    source, target = graph["edge_index"]
    kind, scalar = graph["edge_type"], graph["edge_param"]
    edges, nodes, width = len(source), len(graph["lpe"]), weights["layer_embed.weight"].shape[1]
    means, deviations, scaled = [], [], []
    for name, _ in lists:
        values = torch.stack([state[name].float().flatten() for state in states])
        deviation, mean = torch.std_mean(values.double())
        means.append(mean), deviations.append(deviation)
        scaled.append((values - mean.float()) / (deviation.float() + 1e-6))
    flat = torch.cat(scaled, dim=1)
    constant = torch.where(kind == 13, 2.0, 1.0)
    chunks = [slice(first, min(first + CHUNK, edges)) for first in range(0, edges, CHUNK)]

    x = layer("node_proj.fc.0", graph["lpe"])
    e = torch.empty(edges, width)
    for c in chunks:
        features = torch.where((scalar[c] >= 0)[:, None], flat[:, scalar[c].clamp(min=0)].T, constant[c][:, None])
        e[c] = layer("edge_proj.fc.0", features, columns=5) + weights["layer_embed.weight"][kind[c]]
    count = torch.zeros(nodes).index_add_(0, target, torch.ones(edges)).clamp(min=1)[:, None]
    for i in range(2):
        conv, update = f"gnn.convs.{i}.", f"gnn.edge_update.{i}."
        total = torch.zeros(nodes, width)
        for c in chunks:
            scale, shift = layer(conv + "edge_encoder", e[c]).chunk(2, dim=1)
            message = scale * layer(conv + "pre_nns.0.0", torch.cat([x[target[c]], x[source[c]]], dim=1)) + shift
            total.index_add_(0, target[c], message)
        x = silu(layer(conv + "lin", layer(conv + "post_nns.0.0", torch.cat([x, total / count], dim=1))))
        from_source, from_target = layer(update + "lin_s", x), layer(update + "lin_t", x)
        for c in chunks:
            e[c] = layer(
                update + "lin1", silu(layer(update + "lin_e", e[c]) + from_source[source[c]] + from_target[target[c]])
            )
    row = weights["edge_out.fc.2.weight"][k - 1], weights["edge_out.fc.2.bias"][k - 1]
    change = torch.empty(edges)
    for c in chunks:
        change[c] = silu(layer("edge_out.fc.0", e[c])) @ row[0] + row[1]
    real = scalar >= 0
    sums = torch.zeros(flat.shape[1]).index_add_(0, scalar[real], change[real])
    copies = torch.zeros(flat.shape[1]).index_add_(0, scalar[real], torch.ones(int(real.sum())))
    predicted = (flat[4] + sums / copies).double()
    result, offset = {}, 0
    for (name, shape), mean, deviation in zip(lists, means, deviations):
        size = states[0][name].numel()
        result[name] = (predicted[offset : offset + size] * deviation + mean).float().reshape(shape)
        offset += size
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--graph", required=True)
    parser.add_argument("--history", nargs=5, required=True)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--k", type=int, required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    graph, metadata = load(options.graph)
    weights, _ = load(options.checkpoint)
    started = time.perf_counter()
    with torch.inference_mode():
        states = [load(path)[0] for path in options.history]
        result = nowcast(weights, graph, json.loads(metadata["parameters"]), states, options.k)
        save(options.out, result)
    seconds = time.perf_counter() - started
    print(
        json.dumps(
            {
                "seconds": seconds,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "torch": torch.__version__,
            }
        )
    )


main()
