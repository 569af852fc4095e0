import { useEffect, useRef } from "preact/hooks";
import type { Ramp } from "induction-lens/report";
import { drawPattern } from "./drawPattern.ts";
import type { Pattern } from "./pattern.ts";

/** One head's attention as a small picture, a pixel for each cell. */
export function Thumb({ pattern, ramp }: { readonly pattern: Pattern; readonly ramp: Ramp }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => drawPattern(canvas.current!, pattern, ramp), [pattern, ramp]);
  const { length, keys = length } = pattern;
  return <canvas ref={canvas} width={keys} height={length} aria-hidden="true" />;
}
