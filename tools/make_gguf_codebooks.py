"""Makes src/formats/gguf/dequantise/codebooks.ts: the codebooks of ggml's IQ types, as the reference package has them.

    pip install gguf==0.19.0
    python tools/make_gguf_codebooks.py && npx prettier --write src/formats/gguf/dequantise/codebooks.ts

A row of a codebook is eight or four small numbers of which there are at most eight different ones, so each is written as
its place among these, in two bits or four, and the whole in base64. ggml and the package are MIT licensed.
"""

import base64
from pathlib import Path

import numpy as np
from gguf import quants

OUT = Path(__file__).parent.parent / "src/formats/gguf/dequantise/codebooks.ts"
BOOKS = {
    "IQ1": (quants.IQ1_S, "IQ1_S and IQ1_M"),
    "IQ2_XXS": (quants.IQ2_XXS, "IQ2_XXS"), "IQ2_XS": (quants.IQ2_XS, "IQ2_XS"), "IQ2_S": (quants.IQ2_S, "IQ2_S"),
    "IQ3_XXS": (quants.IQ3_XXS, "IQ3_XXS"), "IQ3_S": (quants.IQ3_S, "IQ3_S"),
}
HEAD = '''/**
 * @file Codebooks of ggml's IQ types (MIT license), written by tools/make_gguf_codebooks.py: each value as its place
 * among the few that there are, in so many bits, lowest first, in base64.
 */
import type { Codebook } from "./blocks.ts";

function codebook(width: number, levels: readonly number[], bits: 2 | 4, base64: readonly string[]): Codebook {
  const packed = atob(base64.join(""));
  const inByte = 8 / bits;
  const values = Int8Array.from({ length: packed.length * inByte }, (_, index) => {
    const byte = packed.charCodeAt(Math.floor(index / inByte));
    return levels[(byte >> ((index % inByte) * bits)) & (2 ** bits - 1)]!;
  });
  return { values, width };
}
'''


def body(name, kind, types):
    kind.init_grid()
    grid = kind.grid.reshape(kind.grid_shape).astype(int)
    levels = list(kind.grid_map)
    bits = 2 if len(levels) <= 4 else 4
    places = np.vectorize(levels.index)(grid).flatten()
    packed = bytearray()
    for at in range(0, len(places), 8 // bits):
        packed.append(sum(int(place) << (bits * index) for index, place in enumerate(places[at : at + 8 // bits])))
    text = base64.b64encode(bytes(packed)).decode()
    lines = [text[at : at + 100] for at in range(0, len(text), 100)]
    listed = "".join(f'  "{line}",\n' for line in lines)
    return f"\n/** {len(grid)} rows of {grid.shape[1]} for {types}. */\nexport const {name} = codebook({grid.shape[1]}, {levels}, {bits}, [\n{listed}]);\n"


OUT.write_text(HEAD + "".join(body(name, *book) for name, book in BOOKS.items()))
