/** @file Compares a tensor with what tools/make_gradient_goldens.py kept of the reference. */
import { expect } from "vitest";

export interface Digest {
  readonly norm: number;
  readonly entries: readonly number[];
  readonly projections: readonly number[];
}

const TURN = 0.7548776662466927;

/**
 * Fails unless the tensor's norm, each of its entries that was kept and each projection is within `tolerance` times the
 * reference's norm (or `floor`, where that is larger: a true gradient of zero has no scale of its own).
 */
export function expectDigest(
  name: string,
  data: ArrayLike<number>,
  want: Digest,
  { tolerance, floor = 0 }: { readonly tolerance: number; readonly floor?: number },
): void {
  const allowed = Math.max(tolerance * want.norm, floor);
  const close = (what: string, got: number, reference: number, most: number) => {
    if (!(Math.abs(got - reference) <= most))
      expect.fail(`${name}: ${what} is ${got}, not ${reference}; allowed is ${most}`);
  };
  close("norm", Math.hypot(...Array.from(data)), want.norm, allowed);
  const last = want.entries.length - 1;
  want.entries.forEach((value, index) => {
    const at = last === 0 ? 0 : Math.floor((index * (data.length - 1)) / last);
    close(`entry ${at}`, data[at]!, value, allowed);
  });
  want.projections.forEach((value, k) => {
    let got = 0;
    for (let i = 0; i < data.length; i++) got += data[i]! * Math.cos(TURN * (k + 1) * (i + 1));
    close(`projection ${k}`, got, value, 2 * allowed); // an error's own projection, up to twice its norm over sqrt(2)
  });
}
