import { useMemo, useState } from "preact/hooks";
import { headName, type HeadAt, type StacksResult } from "induction-lens/browser";
import type { StackLook } from "../../engine/protocol.ts";
import { useAnswer } from "../../page/answer.ts";
import { usePage } from "../../page/page.ts";
import { useShown } from "../../page/useShown.ts";
import { sequential } from "../../parts/colour.ts";
import { ColourBar } from "../../parts/colourBar.tsx";
import { largest, type Pattern } from "../../parts/pattern.ts";
import { SequenceBar } from "../../parts/sequenceBar.tsx";
import { WeightList } from "../../parts/weightList.tsx";
import { Waiting } from "../../parts/waiting.tsx";
import { Matrix, type Cell } from "../../parts/matrix.tsx";

interface Props {
  readonly part: StacksResult["parts"][number];
  readonly head: HeadAt;
}

/** Where the chosen head looks: on tokens as a matrix, on patches as the image that a patch sees. */
export function StackPattern({ part, head }: Props) {
  const { engine, state } = usePage();
  const { text, period, seed } = state;
  const { stack, values, attention } = part;
  const seesPatches = part.scores[0]!.control !== null;
  const isCross = attention === "cross";
  const choice = { stack, values, isCross, layer: head.layer, text, period, seed };
  const { answer, error } = useAnswer(engine, "lookStacks", choice);
  const { value, isCurrent } = useShown<LookProps>(answer && { look: answer, part, head });
  return (
    <>
      {seesPatches ? <OtherImage /> : <SequenceBar error={error} />}
      {seesPatches && error && <p role="alert">{error}</p>}
      {!seesPatches && text !== null && isCross && (
        <p class="hint">The encoder reads it, and the decoder is made to write it.</p>
      )}
      {value && !error && (
        <Waiting words={isCurrent ? null : `head ${headName(head)}`}>
          {value.look.patches ? (
            <Patches {...value} patches={value.look.patches} />
          ) : (
            <Tokens {...value} />
          )}
        </Waiting>
      )}
    </>
  );
}

function OtherImage() {
  const { state, change } = usePage();
  return (
    <p class="ways">
      <button type="button" class="plain" onClick={() => change({ seed: state.seed + 1 })}>
        Another image
      </button>
      <span class="hint">
        Images are noise whose lower half repeats the upper. Files of yours are measured by the
        command line.
      </span>
    </p>
  );
}

interface LookProps extends Props {
  readonly look: StackLook;
}

/** Tokens down and to the right: of cross-attention the decoder's down, the encoder's to the right. */
function Tokens({ look, part, head }: LookProps) {
  const { state, change, dark, token } = usePage();
  const [pointed, point] = useState<Cell | null>(null);
  const ramp = useMemo(() => sequential(dark), [dark]);
  const pattern = useMemo(() => patternIn(look, head.head), [look, head.head]);
  const { length, keys, weight } = pattern;
  const query = Math.min(pointed?.query ?? state.token ?? length - 1, length - 1);
  const ranked = largest(pattern, "from", query, LISTED);
  const pinned = state.token === query ? state.key : null;
  const key = Math.min(pointed?.key ?? pinned ?? ranked[0]!.position, keys - 1);
  const [queryName, keyName] = [look.queries, look.keys].map(
    (pieces) => (position: number) => `${token(pieces[position]!)} at ${position}`,
  );
  const sides = part.attention === "cross" ? ["of the decoder ", " of the encoder"] : ["", ""];
  return (
    <>
      <Matrix
        label={`Attention of head ${headName(head)}, ${part.part}`}
        pieces={look.queries.map(token)}
        keyPieces={look.keys.map(token)}
        repeats={null}
        cell={{ query, key }}
        isPinned={pinned === key && pinned !== null}
        {...{ pattern, ramp, point }}
        choose={(cell) => change({ token: cell?.query ?? null, key: cell?.key ?? null })}
      />
      <ColourBar ramp={ramp} ends={["0", "1"]} label="attention" />
      <p
        class="cellWords"
        role="status"
        data-cell={`${query},${key}`}
        data-value={weight(query, key)}
      >
        {queryName!(query)} {sides[0]}looks at {keyName!(key)}
        {sides[1]} with {weight(query, key).toFixed(3)}
      </p>
      <WeightList
        title={`${queryName!(query)} looks at`}
        rows={ranked}
        nameOf={keyName!}
        number={number}
      />
    </>
  );
}

interface PatchesProps extends LookProps {
  readonly patches: NonNullable<StackLook["patches"]>;
}

/** The patches of the image as one patch sees them: choosing another shows what that one looks at. */
function Patches({ look, part, head, patches: { side, before } }: PatchesProps) {
  const { state, change, dark } = usePage();
  const [pointed, point] = useState<Cell | null>(null);
  const ramp = useMemo(() => sequential(dark), [dark]);
  const pattern = useMemo(() => patternIn(look, head.head), [look, head.head]);
  const query = Math.min(state.token ?? pattern.length - 1, pattern.length - 1);
  const ranked = largest(pattern, "from", query, LISTED);
  const bound = Math.max(ranked[0]!.weight, 1e-9);
  const view: Pattern = useMemo(
    () => ({
      ...{ length: side, keys: side, bound },
      weight: (row, column) => pattern.weight(query, before + row * side + column),
    }),
    [pattern, query],
  );
  const nameOf = (position: number) =>
    position < before
      ? `position ${position}, before the patches`
      : `the patch in row ${Math.floor((position - before) / side)}, column ${(position - before) % side}`;
  const own = Math.max(0, query - before);
  const cell = pointed ?? { query: Math.floor(own / side), key: own % side };
  const at = before + cell.query * side + cell.key;
  const numbers = Array.from({ length: side }, (_, index) => String(index));
  return (
    <>
      <Matrix
        label={`What ${nameOf(query)} looks at, head ${headName(head)}, ${part.part}`}
        pieces={numbers}
        repeats={null}
        isPinned={false}
        pattern={view}
        {...{ ramp, point, cell }}
        choose={(chosen) =>
          change({ token: chosen && before + chosen.query * side + chosen.key, key: null })
        }
      />
      <ColourBar ramp={ramp} ends={["0", bound.toFixed(3)]} label="attention to each patch" />
      <p
        class="cellWords"
        role="status"
        data-cell={`${query},${at}`}
        data-value={pattern.weight(query, at)}
      >
        From {nameOf(query)}: {pattern.weight(query, at).toFixed(3)} of its attention goes to{" "}
        {nameOf(at)}. Choose a patch to see where it looks.
      </p>
      <WeightList title={`From ${nameOf(query)} to`} rows={ranked} {...{ nameOf, number }} />
    </>
  );
}

/** Keys that are listed. */
const LISTED = 8;

const number = (weight: number) => weight.toFixed(3);

type WholePattern = Pattern & { readonly keys: number };

/** One head's attention, to keys on all sides. */
function patternIn({ patterns, length, keyCount: keys }: StackLook, head: number): WholePattern {
  const first = head * length * keys;
  const weight = (query: number, key: number) => patterns[first + query * keys + key]!;
  return { length, keys, bound: 1, weight };
}
