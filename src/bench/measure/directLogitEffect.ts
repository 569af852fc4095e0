import { InputError } from "../../base/errors.ts";
import { shapeOf, tensor, type Tensor } from "../../base/tensor.ts";

/** What turns the residual stream into logits. */
export interface Unembedding {
  /** W_U, axes [d_model, d_vocab]. */
  readonly unembed: Tensor;
  /** Weight of the final norm, one per d_model; absent if there is no norm or it was folded into W_U. */
  readonly gain?: ArrayLike<number> | undefined;
  /** Whether the final norm subtracts the mean (LayerNorm) or not (RMSNorm, none). */
  readonly centring: boolean;
}

/**
 * How much each head's own output raises the logit of a given token above that of the average token: what it writes.
 *
 * With c = written[position, head, :] (centred if the norm centres), s = scale[position] of the final norm, frozen at the
 * run's own value, g the gain and t the target of the position:
 * effect[position, head] = sum over d_model of (c / s) * g * (W_U[:, t] - mean over the vocabulary of W_U).
 *
 * @param output what each head adds to the residual stream, bias left out, axes [position, head, d_model]
 * @param scale what the final norm divides by, one per position; ones if there is no norm
 * @param targets token id whose logit counts, one per position: on second-copy rows the next token
 * @returns logits, axes [position, head]; above 0 copies, below 0 suppresses. Zero for a head that writes nothing, and
 *   in expectation for one that writes in a random direction
 * @throws {InputError} "shape" unless sizes agree, "range" for targets outside the vocabulary
 * @see TransformerLens `logit_attrs`, which takes the difference to another token and not to the mean
 */
export function directLogitEffect(
  output: Tensor,
  scale: ArrayLike<number>,
  targets: ArrayLike<number>,
  unembedding: Unembedding,
): Tensor<Float64Array> {
  const [positions, heads, width] = shapeOf(output, ["position", "head", "d_model"]);
  checkSizes(positions, width, scale, targets, unembedding);
  const average = meanUnembedding(unembedding.unembed);
  const effects = new Float64Array(positions * heads);
  for (let position = 0; position < positions; position++) {
    const direction = directionOf(targets[position]!, average, unembedding);
    for (let head = 0; head < heads; head++) {
      const place = position * heads + head;
      let sum = 0;
      for (let index = 0; index < width; index++) {
        sum += output.data[place * width + index]! * direction[index]!;
      }
      effects[place] = sum / scale[position]!;
    }
  }
  return tensor(["position", "head"], [positions, heads], effects);
}

/** The direction of the residual stream that raises `target` above the average token: (c - mean c) . d = c . (d - mean d). */
function directionOf(
  target: number,
  average: Float64Array,
  { unembed, gain, centring }: Unembedding,
): Float64Array {
  const vocabulary = unembed.shape[1]!;
  const direction = average.map(
    (mean, index) =>
      (unembed.data[index * vocabulary + target]! - mean) * (gain ? gain[index]! : 1),
  );
  if (!centring) return direction;
  const mean = direction.reduce((sum, value) => sum + value, 0) / direction.length;
  return direction.map((value) => value - mean);
}

function meanUnembedding(unembed: Tensor): Float64Array {
  const [width, vocabulary] = shapeOf(unembed, ["d_model", "d_vocab"]);
  return Float64Array.from({ length: width }, (_, index) => {
    let sum = 0;
    for (let id = 0; id < vocabulary; id++) sum += unembed.data[index * vocabulary + id]!;
    return sum / vocabulary;
  });
}

function checkSizes(
  positions: number,
  width: number,
  scale: ArrayLike<number>,
  targets: ArrayLike<number>,
  { unembed, gain }: Unembedding,
): void {
  const [rows, vocabulary] = shapeOf(unembed, ["d_model", "d_vocab"]);
  const wrong = [
    rows === width ? "" : `W_U of d_model ${rows} for heads of ${width}`,
    scale.length === positions ? "" : `${scale.length} scales for ${positions} positions`,
    targets.length === positions ? "" : `${targets.length} targets for ${positions} positions`,
    !gain || gain.length === width ? "" : `${gain.length} gains for d_model ${width}`,
  ].filter((fault) => fault !== "");
  if (wrong.length > 0) {
    throw new InputError(
      "shape",
      `directLogitEffect needs sizes that agree, got ${wrong.join("; ")}`,
    );
  }
  const outside = Array.from(targets).findIndex(
    (id) => !(Number.isInteger(id) && id >= 0 && id < vocabulary),
  );
  if (outside >= 0) {
    throw new InputError(
      "range",
      `directLogitEffect needs targets from 0 to ${vocabulary - 1}, got ${targets[outside]} at position ${outside}`,
    );
  }
}
