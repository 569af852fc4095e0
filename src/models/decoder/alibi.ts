/** @file Slopes of attention with linear biases (Press et al. 2022, arXiv:2108.12409), as models compute them. */

/**
 * One slope for each head: 2^(-most i / n) for i = 1 ... n, with n the heads where they are a power of two. Else those of
 * the power below, then those at odd places of twice as many (BLOOM, Falcon).
 *
 * @see transformers, build_alibi_tensor of modeling_bloom.py and modeling_falcon.py
 */
export function alibiSlopes(heads: number, most = 8): number[] {
  const below = 2 ** Math.floor(Math.log2(heads));
  const slopes = geometric(below, most);
  return heads === below
    ? slopes
    : [...slopes, ...everyOther(geometric(2 * below, most)).slice(0, heads - below)];
}

/**
 * MPT's: of the power of two above, those at even places come first, then those at odd ones.
 *
 * @see transformers, build_mpt_alibi_tensor of modeling_mpt.py
 */
export function mptSlopes(heads: number, most = 8): number[] {
  const above = 2 ** Math.ceil(Math.log2(heads));
  const slopes = geometric(above, most);
  if (above === heads) return slopes;
  const even = slopes.filter((_, index) => index % 2 === 1);
  return [...even, ...everyOther(slopes)].slice(0, heads);
}

function geometric(count: number, most: number): number[] {
  return Array.from({ length: count }, (_, index) => 2 ** ((-most * (index + 1)) / count));
}

function everyOther(slopes: readonly number[]): number[] {
  return slopes.filter((_, index) => index % 2 === 0);
}
