import { useEffect, useRef } from "preact/hooks";
import { signedColour } from "../../parts/colour.ts";
import { usePage } from "../../page/page.ts";

/** Numbers of a vector that are drawn; a longer one is cut. */
const DRAWN = 512;

/** A vector as a strip: purple above zero, orange below, against `bound`. */
export function Strip({
  values,
  bound,
  name,
}: {
  readonly values: Float32Array;
  readonly bound: number;
  readonly name: string;
}) {
  const { dark } = usePage();
  const canvas = useRef<HTMLCanvasElement>(null);
  const entries = values.subarray(0, DRAWN);
  useEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    const colourOf = signedColour(dark, bound);
    entries.forEach((value, index) => {
      context.fillStyle = colourOf(value);
      context.fillRect(index, 0, 1, 1);
    });
  });
  const first = [...entries.subarray(0, 6)].map((value) => value.toFixed(2)).join(", ");
  const more = values.length > DRAWN ? `, the first ${DRAWN} of ${values.length} numbers` : "";
  return (
    <canvas
      ref={canvas}
      class="strip"
      width={entries.length}
      height={1}
      role="img"
      aria-label={`${name}: ${first} and so on${more}`}
    />
  );
}

/** The largest size of a number in them. */
export function largestIn(vectors: readonly Float32Array[]): number {
  return Math.max(
    1e-9,
    ...vectors.map((vector) => vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0)),
  );
}

export function lengthOf(vector: Float32Array): number {
  return Math.hypot(...vector);
}
