"""Makes test/fixtures/gguf: what the reference package `gguf` (0.19.0, with numpy 2.4) makes of blocks and files.

    pip install gguf==0.19.0
    python tools/make_gguf_fixtures.py

vectors.json: for each quantised type, blocks of random bytes with finite scales, and the float32 values that the
package dequantises them to; both in base64. codebooks.json: hashes of the codebooks. tiny.gguf and tiny.json: a small file with metadata and tensors of several
types, and what the package reads from it. The same script gives the same bytes.
"""

import base64
import hashlib
import json
from pathlib import Path

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType as Type

FOLDER = Path(__file__).parent.parent / "test" / "fixtures" / "gguf"
BLOCKS = {1: 96, 32: 24, 64: 12, 128: 8, 256: 6}
# Where the half-precision scales and minima of a block begin.
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}
# Types that came later, with random numbers of their own so that the others stay as they are.
LATER_HALVES = {
    "IQ4_NL": [0], "IQ4_XS": [0], "MXFP4": [], "NVFP4": [], "TQ1_0": [52], "TQ2_0": [64],
    "Q1_0": [0], "Q2_0": [0], "F64": [], "I8": [], "I16": [], "I32": [], "I64": [],
    "IQ2_XXS": [0], "IQ2_XS": [0], "IQ2_S": [0], "IQ3_XXS": [0], "IQ3_S": [0], "IQ1_S": [0], "IQ1_M": [],
}


# Types that the package (0.19.0) does not dequantise: values in a block, its bytes, and the values of blocks.
SIZES = {"Q1_0": (128, 18), "Q2_0": (64, 18)}


def fields(blocks: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Scales, and numbers of so many bits, lowest first."""
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    parts = [(blocks[:, 2:] >> shift) & (2**bits - 1) for shift in range(0, 8, bits)]
    return scales, np.stack(parts, axis=-1).reshape(len(blocks), -1).astype(np.float32)


def q1_0(blocks: np.ndarray) -> np.ndarray:
    scales, bits = fields(blocks, 1)
    return np.where(bits == 1, scales, -scales)


def q2_0(blocks: np.ndarray) -> np.ndarray:
    scales, quanta = fields(blocks, 2)
    return (quanta - 1) * scales


def number(dtype: str):
    return lambda blocks: blocks.view(dtype).astype(np.float32)


FORMULAS = {
    "Q1_0": q1_0, "Q2_0": q2_0,
    "F64": number("<f8"), "I8": number("<i1"), "I16": number("<i2"), "I32": number("<i4"), "I64": number("<i8"),
}


def text(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def random_blocks(name: str, rng: np.random.Generator) -> np.ndarray:
    values, size = SIZES.get(name) or GGML_QUANT_SIZES[Type[name]]
    blocks = rng.integers(0, 256, (BLOCKS[values], size), dtype=np.uint8)
    for at in {**HALVES, **LATER_HALVES}[name]:
        bits = rng.integers(0, 2**16, BLOCKS[values], dtype=np.uint16)
        bits[(bits & 0x7C00) == 0x7C00] ^= 0x0400  # finite; subnormals and both zeros are among them
        bits[:3] = [0x0001, 0x8000, 0x7BFF]
        blocks[:, at : at + 2] = bits.view(np.uint8).reshape(-1, 2)
    if name == "F64":
        blocks = (rng.standard_normal(len(blocks)) * 2.0 ** rng.integers(-60, 60, len(blocks))).view(np.uint8).reshape(-1, 8)
    if name == "IQ1_M":  # the scale lies in the upper halves of bytes 49, 51, 53 and 55; its exponent ends in the last
        blocks[:, 55] &= 0xBF
    return blocks


def values_of(name: str, blocks: np.ndarray) -> np.ndarray:
    if name in FORMULAS:
        return FORMULAS[name](blocks).astype(np.float32)
    return gguf.quants.dequantize(blocks, Type[name])


def codebooks() -> dict[str, str]:
    """SHA-256 of each codebook, a signed byte for each value."""
    hashes = {}
    for name, kind in {"IQ1": "IQ1_S", **{name: name for name in ("IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S")}}.items():
        book = getattr(gguf.quants, kind)
        book.init_grid()
        hashes[name] = hashlib.sha256(book.grid.astype(np.int8).tobytes()).hexdigest()
    return hashes


def vectors(names: list[str], rng: np.random.Generator) -> dict[str, dict[str, str]]:
    made = {}
    for name in names:
        blocks = random_blocks(name, rng)
        made[name] = {"blocks": text(blocks), "values": text(values_of(name, blocks))}
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
        name = tensor.tensor_type.name
        known = name in (*HALVES, "F32", "F16", "I32")
        values = tensor.data if name == "I32" else gguf.quants.dequantize(tensor.data, tensor.tensor_type) if known else None
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
    known = {**vectors(list(HALVES), rng), **vectors(list(LATER_HALVES), np.random.default_rng(20261))}
    (FOLDER / "vectors.json").write_text(json.dumps(known, indent=1) + "\n")
    (FOLDER / "codebooks.json").write_text(json.dumps(codebooks(), indent=1) + "\n")
    write_tiny(FOLDER / "tiny.gguf", rng)
    (FOLDER / "tiny.json").write_text(json.dumps(read_tiny(FOLDER / "tiny.gguf"), indent=1) + "\n")


main()
