"""Makes test/fixtures/torch: small files that torch.save and pickle write, and what they hold as safetensors.

    pip install torch==2.15.0 safetensors==0.8.0 numpy
    python tools/make_torch_fixtures.py
"""

import argparse
import pickle
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).parent.parent / "test" / "fixtures" / "torch"
META = {"vocab_size": 3, "itos": {0: "\n", 1: "a", 2: "\u00e9"}, "stoi": {"\n": 0, "a": 1, "\u00e9": 2}}


def state_dict() -> OrderedDict:
    base = torch.randn(6, 8)
    tensors = OrderedDict(
        base=base,
        transposed=base.t(),
        row=base[2],
        columns=base[:, 1:4],
        steps=base[::2, ::3],
        half=torch.randn(5).half(),
        bfloat_transposed=torch.randn(3, 4).bfloat16().t(),
        scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 3),
        parameter=torch.nn.Parameter(torch.randn(2, 2)),
        expanded=torch.randn(1, 3).expand(4, 3),
        mask=torch.tensor([True, False]),
        ids=torch.arange(4),
    )
    tensors._metadata = {"": {"version": 1}}
    return tensors


def main() -> None:
    torch.manual_seed(0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    tensors = state_dict()
    for protocol in (2, 5):
        torch.save(tensors, FOLDER / f"protocol{protocol}.bin", pickle_protocol=protocol)
    torch.save(tensors, FOLDER / "legacy.bin", _use_new_zipfile_serialization=False)
    floats = {
        name: tensor.detach().float().contiguous().clone()
        for name, tensor in tensors.items()
        if tensor.dtype in (torch.float32, torch.float16, torch.bfloat16)
    }
    save_file(floats, FOLDER / "expected.safetensors")
    torch.save({"args": argparse.Namespace(seed=1)}, FOLDER / "namespace.pt")
    torch.jit.script(torch.nn.Linear(2, 2)).save(FOLDER / "script.pt")
    values = [1, -1, 255, 65536, 2**40, -(2**70), 1.5, None, True, (1, 2), torch.Size([2, 3]), torch.float16, b"ab"]
    torch.save({"values": values, "device": torch.device("cpu")}, FOLDER / "values.pt")
    for protocol in (2, 4):
        (FOLDER / f"meta{protocol}.pkl").write_bytes(pickle.dumps(META, protocol=protocol))


main()
