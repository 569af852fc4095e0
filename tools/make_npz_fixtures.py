"""Writes test/fixtures/npz: arrays as NumPy saves them, for test/formats/npz.test.ts. Run with numpy 2."""

from pathlib import Path

import numpy as np

folder = Path(__file__).parent.parent / "test" / "fixtures" / "npz"
folder.mkdir(parents=True, exist_ok=True)
base = (np.arange(2 * 3 * 4) / 16).reshape(2, 3, 4)
arrays = {"half": base.astype("<f2"), "single": base.astype("<f4"), "double": base, "scalar": np.float32(0.5), "row": base[0, 0].astype("<f4")}
np.savez(folder / "stored.npz", **arrays)
np.savez_compressed(folder / "deflated.npz", **arrays)
np.savez(folder / "wrong.npz", whole=np.arange(3))
np.savez(folder / "fortran.npz", turned=np.asfortranarray(base[0].astype("<f4")))
np.savez(folder / "big.npz", big=base.astype(">f4"))
np.savez(folder / "object.npz", thing=np.array([{"a": 1}], dtype=object))
