import { useMemo } from "preact/hooks";
import type { Look } from "../../engine/protocol.ts";
import type { Ramp } from "induction-lens/report";
import { patternOf } from "../../parts/pattern.ts";
import { Thumb } from "../../parts/thumb.tsx";

interface Props {
  readonly look: Look;
  readonly layer: number;
  readonly head: number;
  readonly weighted: boolean;
  readonly ramp: Ramp;
  readonly choose: (head: number) => void;
}

/** All heads of a layer as small pictures; choosing one shows it large. */
export function Thumbs({ look, layer, head, weighted, ramp, choose }: Props) {
  const patterns = useMemo(
    () => Array.from({ length: look.heads }, (_, index) => patternOf(look, index, weighted)),
    [look, weighted],
  );
  return (
    <div class="thumbs" role="group" aria-label={`Patterns of the heads of layer ${layer}`}>
      {Array.from({ length: look.heads }, (_, index) => (
        <button
          key={index}
          type="button"
          class="plain thumb"
          aria-pressed={index === head}
          onClick={() => choose(index)}
        >
          <Thumb pattern={patterns[index]!} ramp={ramp} />
          {layer}.{index}
        </button>
      ))}
    </div>
  );
}
