"""Makes test/fixtures/gguf: what the reference package `gguf` (0.19.0, with numpy 2.4) makes of blocks and files.

    pip install gguf==0.19.0
    python tools/make_gguf_fixtures.py

vectors.json: for each quantised type, blocks of random bytes with finite scales, and the float32 values that the
package dequantises them to; both in base64. tiny.gguf and tiny.json: a small file with metadata and tensors of several
types, and what the package reads from it. The same script gives the same bytes.
"""

import base64
import json
from pathlib import Path

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType as Type

FOLDER = Path(__file__).parent.parent / "test" / "fixtures" / "gguf"
BLOCKS = {32: 24, 256: 6}
# Where the half-precision scales and minima of a block begin.
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}


def text(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def random_blocks(name: str, rng: np.random.Generator) -> np.ndarray:
    values, size = GGML_QUANT_SIZES[Type[name]]
    blocks = rng.integers(0, 256, (BLOCKS[values], size), dtype=np.uint8)
    for at in HALVES[name]:
        bits = rng.integers(0, 2**16, BLOCKS[values], dtype=np.uint16)
        bits[(bits & 0x7C00) == 0x7C00] ^= 0x0400  # finite; subnormals and both zeros are among them
        bits[:3] = [0x0001, 0x8000, 0x7BFF]
        blocks[:, at : at + 2] = bits.view(np.uint8).reshape(-1, 2)
    return blocks


def vectors(rng: np.random.Generator) -> dict[str, dict[str, str]]:
    made = {}
    for name in HALVES:
        blocks = random_blocks(name, rng)
        made[name] = {"blocks": text(blocks), "values": text(gguf.quants.dequantize(blocks, Type[name]))}
    return made


def write_tiny(path: Path, rng: np.random.Generator) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(2)
    writer.add_float32("test.float32", 0.1)
    writer.add_float64("test.float64", 0.1)
    writer.add_int8("test.int8", -7)
    writer.add_uint16("test.uint16", 65535)
    writer.add_int64("test.int64", -(2**40))
    writer.add_uint64("test.uint64", 2**53 - 1)
    writer.add_bool("test.bool", True)
    writer.add_string("test.text", "\u0120naïve \U0001f642\n")
    writer.add_array("test.texts", ["", "a", "\u4e2d", "<0x0A>"])
    writer.add_array("test.numbers", [1, -2, 3])
    writer.add_array("test.floats", [0.5, -1.25])
    writer.add_custom_alignment(64)
    writer.add_tensor("matrix", rng.standard_normal((2, 3)).astype(np.float32))
    writer.add_tensor("half", rng.standard_normal(5).astype(np.float16))
    for name, rows in (("Q8_0", (2, 32)), ("Q4_1", (3, 2, 32)), ("Q6_K", (1, 256))):
        blocks = random_blocks(name, rng)
        width = GGML_QUANT_SIZES[Type[name]]
        count = int(np.prod(rows)) // width[0]
        packed = blocks[:count].reshape(*rows[:-1], rows[-1] // width[0] * width[1])
        writer.add_tensor(f"packed.{name}", packed, raw_dtype=Type[name])
    writer.add_tensor("ids", np.arange(4, dtype=np.int32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_tiny(path: Path) -> dict:
    reader = gguf.GGUFReader(path)
    metadata = {key: field.contents() for key, field in reader.fields.items() if not key.startswith("GGUF.")}
    tensors = {}
    for tensor in reader.tensors:
        known = tensor.tensor_type.name in (*HALVES, "F32", "F16")
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type) if known else None
        tensors[tensor.name] = {
            "type": tensor.tensor_type.name,
            "shape": [int(size) for size in reversed(tensor.shape)],
            "offset": int(tensor.data_offset),
            "values": text(np.ascontiguousarray(values, dtype=np.float32)) if known else None,
        }
    return {"metadata": metadata, "tensors": tensors}


def main() -> None:
    rng = np.random.default_rng(20260)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "vectors.json").write_text(json.dumps(vectors(rng), indent=1) + "\n")
    write_tiny(FOLDER / "tiny.gguf", rng)
    (FOLDER / "tiny.json").write_text(json.dumps(read_tiny(FOLDER / "tiny.gguf"), indent=1) + "\n")


main()
