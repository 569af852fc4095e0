import type { Builder, Name } from "../../graph/builder.ts";
import { number } from "./numbers.ts";
import { requireWeight, type WeightLookup } from "./weights.ts";

/**
 * xIELU (Huang and Schlag 2024, arXiv:2411.13010): beta x + alpha_p x^2 for x > 0, else beta x + alpha_n (e^min(x, eps) - 1 - x), where
 * alpha_p = softplus(a_p) and alpha_n = beta + softplus(a_n). The four are numbers of the layer; files without beta and eps have
 * the reference's.
 *
 * @param at where the four are
 */
export function xielu(b: Builder, w: WeightLookup, at: string, x: Name, as: Name): Name {
  const softplus = (name: string) => b.op("softplus", [requireWeight(w, `${at}.${name}`)], {});
  const beta = w(`${at}.beta`) ?? number(b, 0.5);
  const eps = w(`${at}.eps`) ?? number(b, -1e-6);
  const above = b.mul(b.mul(x, x), softplus("alpha_p"));
  const least = b.op("sub", [x, b.op("relu", [b.op("sub", [x, eps], {})], {})], {}); // min(x, eps)
  const grown = b.op("sub", [b.op("exp", [least], {}), number(b, 1)], {});
  const below = b.mul(b.op("sub", [grown, x], {}), b.add(beta, softplus("alpha_n")));
  const bent = b.op("where", [b.op("greater", [x, number(b, 0)], {}), above, below], {});
  return b.add(bent, b.mul(x, beta), as);
}
