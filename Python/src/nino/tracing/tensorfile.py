"""Reads and writes safetensors files of a few plain types."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

_TYPES = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8")}


def write_tensors(path: str | os.PathLike, tensors: dict[str, np.ndarray]) -> None:
    """Writes float32 and int64 arrays; the file is there as a whole or not at all."""
    names = {dtype: name for name, dtype in _TYPES.items()}
    header, offset, blobs = {}, 0, []
    for name, array in tensors.items():
        array = np.asarray(array)
        data = array.astype("<i8" if array.dtype.kind in "iub" else "<f4").tobytes()
        dtype = names[np.dtype("<i8" if array.dtype.kind in "iub" else "<f4")]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        blobs.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    partial = Path(path).with_name(Path(path).name + ".part")
    with open(partial, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for data in blobs:
            file.write(data)
    os.replace(partial, path)


def read_tensors(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Reads float32 and int64 arrays."""
    content = Path(path).read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        data = content[8 + length + first : 8 + length + last]
        arrays[name] = np.frombuffer(data, _TYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays
