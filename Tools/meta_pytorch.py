"""NiNo's meta-training step in plain PyTorch, edge by edge with autograd: what `nino meta-train --measure` is compared
with.

    nino meta-train --data DIR --measure 3 --export BATCH --hidden 64 --threads 2
    python3 meta_pytorch.py BATCH --threads 2 --tries 3

Same graphs, batch and weights; samples one after the other, gradients added up, so that memory is that of the largest
sample. The
last convolution, which feeds nothing, is left out here too. Prints the loss and gradient length, which must agree, and
the time.
"""

import argparse, glob, json, resource, struct, time
import numpy as np
import torch


def load(path):
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(size))
        data = file.read()
    types = {"F32": np.float32, "I64": np.int64}
    header.pop("__metadata__", None)
    return {
        name: torch.from_numpy(
            np.frombuffer(data[entry["data_offsets"][0] : entry["data_offsets"][1]], types[entry["dtype"]]).copy()
        ).reshape(entry["shape"])
        for name, entry in header.items()
    }


def linear(weights, name, x):
    return torch.nn.functional.linear(x, weights[name + ".weight"], weights[name + ".bias"])


def loss_of(weights, sample, features):
    silu = torch.nn.functional.silu
    source, target = sample["edge_index"]
    nodes = sample["lpe"].shape[0]
    counts = torch.bincount(target, minlength=nodes).clamp(min=1).unsqueeze(1)
    x = linear(weights, "node_proj.fc.0", sample["lpe"])
    projection = weights["edge_proj.fc.0.weight"][:, : features.shape[1]]
    e = (
        torch.nn.functional.linear(features, projection, weights["edge_proj.fc.0.bias"])
        + weights["layer_embed.weight"][sample["edge_type"]]
    )
    for layer in range(2):
        conv, update = f"gnn.convs.{layer}.", f"gnn.edge_update.{layer}."
        scale, shift = linear(weights, conv + "edge_encoder", e).chunk(2, dim=1)
        message = scale * linear(weights, conv + "pre_nns.0.0", torch.cat([x[target], x[source]], 1)) + shift
        mean = torch.zeros(nodes, message.shape[1]).index_add(0, target, message) / counts
        x = silu(linear(weights, conv + "lin", linear(weights, conv + "post_nns.0.0", torch.cat([x, mean], 1))))
        e = linear(
            weights,
            update + "lin1",
            silu(
                linear(weights, update + "lin_e", e)
                + linear(weights, update + "lin_s", x)[source]
                + linear(weights, update + "lin_t", x)[target]
            ),
        )
    # Only edges with parameters are read out, and only the slots that the graph has.
    slots = features.shape[1] // 5
    kept = sample["edge_param"] >= 0
    hidden = silu(linear(weights, "edge_out.fc.0", e[kept]))
    horizons = weights["edge_out.fc.2.weight"].shape[0] // 9
    out = torch.nn.functional.linear(
        hidden, weights["edge_out.fc.2.weight"][: slots * horizons], weights["edge_out.fc.2.bias"][: slots * horizons]
    )
    out = out.view(-1, slots, horizons)
    scalars = sample["states"].shape[0]
    index = sample["edge_param"][kept].unsqueeze(1) + torch.arange(slots)
    used = torch.arange(slots) < sample["edge_slots"][kept].unsqueeze(1)
    index, out = index[used], out[used]
    copies = torch.bincount(index, minlength=scalars).unsqueeze(1)
    change = torch.zeros(scalars, horizons).index_add(0, index, out) / copies
    return (change[:, : sample["targets"].shape[1]] - sample["targets"]).abs().mean()


def features_of(sample):
    slots = int(sample["edge_slots"].max())
    features = torch.zeros(len(sample["edge_type"]), slots, 5)
    constant = sample["edge_param"] < 0
    features[constant, 0] = sample["edge_constant"][constant].unsqueeze(1)
    for slot in range(slots):
        edges = ~constant & (sample["edge_slots"] > slot)
        features[edges, slot] = sample["states"][sample["edge_param"][edges] + slot]
    return features.flatten(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tries", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    weights = {
        name: tensor.requires_grad_()
        for name, tensor in load(arguments.folder + "/network.safetensors").items()
        if not name.startswith("gnn.convs.2.")
    }
    samples = [load(path) for path in sorted(glob.glob(arguments.folder + "/sample_*.safetensors"))]
    features = [features_of(sample) for sample in samples]
    best = float("inf")
    for _ in range(arguments.tries):
        start = time.perf_counter()
        for tensor in weights.values():
            tensor.grad = None
        total = 0.0
        for sample, feature in zip(samples, features):
            loss = loss_of(weights, sample, feature) / len(samples)
            loss.backward()
            total += loss.item()
        best = min(best, time.perf_counter() - start)
    length = (
        sum(float((tensor.grad.double() ** 2).sum()) for tensor in weights.values() if tensor.grad is not None) ** 0.5
    )
    print(
        json.dumps(
            {
                "gradient_length": length,
                "loss": total,
                "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "samples_per_second": len(samples) / best,
                "seconds_per_batch": best,
            }
        )
    )


if __name__ == "__main__":
    main()
