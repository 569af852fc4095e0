/** @file Whether a head copies: what it writes towards the right token, against what it writes towards its neighbours. */

/** What a head writes in one sequence, in units of the centred logit. */
export interface WrittenEffect {
  /** Mean over second-copy positions of the direct logit effect on each position's own target. */
  readonly own: number;
  /** The same on the targets of the other positions. */
  readonly others: number;
  /** Standard deviation of the effects on the targets of other positions. */
  readonly spread: number;
}

/**
 * The direct logit effect of outputs on targets.
 *
 * effect[p, t] = outputs[p] . targets[t]; own = mean over p of effect[p, p], others = mean over t != p of effect[p, t].
 * A head that writes at random has own = others in expectation; one that copies what it attends to has own far above.
 *
 * @param outputs the head's z at each position, [d_head]
 * @param targets how z raises the centred logit of each position's target, [d_head], the final norm frozen
 */
export function writtenTowards(
  outputs: readonly Float32Array[],
  targets: readonly Float32Array[],
): WrittenEffect {
  let [own, sum, squares] = [0, 0, 0];
  outputs.forEach((output, position) =>
    targets.forEach((target, place) => {
      let effect = 0;
      for (let index = 0; index < output.length; index++) effect += output[index]! * target[index]!;
      if (place === position) own += effect;
      else {
        sum += effect;
        squares += effect * effect;
      }
    }),
  );
  const count = outputs.length;
  const pairs = count * (count - 1);
  const others = sum / pairs;
  const spread = Math.sqrt(Math.max(0, squares / pairs - others * others));
  return { own: own / count, others, spread };
}
