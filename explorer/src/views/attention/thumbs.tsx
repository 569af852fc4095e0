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
  const heads = useMemo(() => nearHeads(look.heads, head), [look, head]);
  const patterns = useMemo(
    () => new Map(heads.map((index) => [index, patternOf(look, index, weighted)])),
    [look, heads, weighted],
  );
  return (
    <div class="thumbs" role="group" aria-label={`Patterns of the heads of layer ${layer}`}>
      {heads.map((index) => (
        <button
          key={index}
          type="button"
          class="plain thumb"
          aria-pressed={index === head}
          onClick={() => choose(index)}
        >
          <Thumb pattern={patterns.get(index)!} ramp={ramp} />
          {layer}.{index}
        </button>
      ))}
    </div>
  );
}

/** Pictures that there is room for; the channels of a scan are more. */
const MOST = 64;

/** All heads, or as many on either side of the chosen one. */
function nearHeads(count: number, head: number): readonly number[] {
  const first = Math.max(0, Math.min(head - MOST / 2, count - MOST));
  return Array.from({ length: Math.min(count, MOST) }, (_, at) => first + at);
}
