import { useMemo, useState } from "preact/hooks";
import { headName, type HeadAt, type HeadEdit } from "induction-lens/browser";
import type { Look, Sequence } from "../../engine/protocol.ts";
import { useHeading, usePage } from "../../page/page.ts";
import { useAnswer } from "../../page/answer.ts";
import { useSequence } from "../../page/useSequence.ts";
import { useShown } from "../../page/useShown.ts";
import { FORMS, type PageState } from "../../page/address.ts";
import { sequential } from "../../parts/colour.ts";
import { ColourBar } from "../../parts/colourBar.tsx";
import { headList } from "../../parts/headWords.ts";
import { WeightList } from "../../parts/weightList.tsx";
import { SequenceBar } from "../../parts/sequenceBar.tsx";
import { TakeAlong } from "../../parts/takeAlong.tsx";
import { TokenArcs } from "../../parts/tokenArcs.tsx";
import { Waiting } from "../../parts/waiting.tsx";
import { SortedTable } from "../../parts/sortedTable.tsx";
import { TokenRow } from "../../parts/tokenRow.tsx";
import { Lines } from "./lines.tsx";
import { Matrix, type Cell } from "../../parts/matrix.tsx";
import { largest, lookedAt, looks, patternOf, type Pattern } from "../../parts/pattern.ts";
import { isScan, ScanNote, SeesNote } from "../../parts/scanNote.tsx";
import { Thumbs } from "./thumbs.tsx";
import { WhyCell } from "./whyCell.tsx";
import "./attention.css";

/** Where the chosen head looks in a sequence: tokens, matrix or lines, and lists. */
export function AttentionView() {
  const { engine, state } = usePage();
  const { layer, head } = state;
  const attentionHeading = useHeading("attention");
  const edits = editsShown(state);
  const sequence = useSequence();
  const ids = sequence.answer?.ids ?? null;
  const look = useAnswer(engine, "look", ids && { ids, layer, edits });
  const current =
    look.answer && sequence.answer
      ? { look: look.answer, sequence: sequence.answer, at: { layer, head }, edits }
      : null;
  const { value: props, isCurrent } = useShown<AttentionOfLookProps>(current);
  const error = sequence.error ?? look.error;
  return (
    <section aria-labelledby={attentionHeading.labelledBy}>
      <div class="titled">
        <h2 id={attentionHeading.id}>Where head {headName(state)} looks</h2>
        {props && !error && <Take {...props} />}
      </div>
      <SequenceBar error={error} />
      <ScanNote layer={layer} />
      <SeesNote />
      <Changes changes={edits} />
      {props && !error && (
        <Waiting words={isCurrent ? null : `head ${headName(state)}`}>
          <AttentionOfLook key="shown" {...props} />
        </Waiting>
      )}
      {!props && !error && <p class="status">Reading the tokens</p>}
    </section>
  );
}

/** The changes under which attention is shown: heads at zero, whose other forms need other rows. */
function editsShown({ edits, trained }: PageState): readonly HeadEdit[] {
  return trained ? [] : edits.filter(({ kind }) => kind === "zero");
}

/** Says whether the changes that were made hold here, and switches between both. */
function Changes({ changes }: { readonly changes: readonly HeadEdit[] }) {
  const { state, change } = usePage();
  const { edits, trained } = state;
  if (edits.length === 0) return null;
  const left = edits.filter(({ kind }) => kind !== "zero");
  return (
    <p class="ways" data-changes={headList(changes)}>
      <button
        type="button"
        class="plain"
        aria-pressed={!trained}
        onClick={() => change({ trained: !trained })}
      >
        With the changes
      </button>
      <span class="hint">
        {changes.length > 0
          ? `Attention with ${headList(changes)} at zero.`
          : "Attention as it was trained, without the changes."}
        {left.length > 0 &&
          !trained &&
          ` ${headList(left)} ${left.length === 1 ? "is" : "are"} not at zero but replaced, which only Surgery shows.`}
      </span>
    </p>
  );
}

interface AttentionOfLookProps {
  readonly look: Look;
  readonly sequence: Sequence;
  /** The head that is shown: while another layer is on its way, the one before. */
  readonly at: HeadAt;
  /** Heads at zero. */
  readonly edits: readonly HeadEdit[];
}

function AttentionOfLook({ look, sequence, at, edits }: AttentionOfLookProps) {
  const { state, facts } = usePage();
  const { layer } = at;
  const focus = useFocus(look, sequence, at);
  return (
    <>
      <Tokens focus={focus} />
      <p class="hint">
        Point at a token. Coloured: what it attends to. Bar below a later token: how much that one
        attends to it. A click or Enter locks a token, or pins a cell of the matrix.
      </p>
      <FormButtons />
      <div class={state.form === "arcs" ? "attention broad" : "attention"}>
        <Picture focus={focus} edits={edits} />
        <div class="besidePicture">
          <div>
            <h3>All heads of layer {layer}</h3>
            <LayerButtons />
            <LayerThumbs {...{ look, at }} />
          </div>
          <Lists focus={focus} />
        </div>
      </div>
      {edits.length > 0 && (
        <p class="hint">“Why” and downloads are of the model as it was trained.</p>
      )}
      {facts && !isScan(facts, layer) && (
        <WhyCell ids={sequence.ids} at={at} cell={focus.cell} nameOf={focus.nameOf} />
      )}
      <AllWeights focus={focus} />
    </>
  );
}

/** The chosen head's pattern and the cell of it that is in focus: pointed at, else of the locked token, else of the last. */
function useFocus(look: Look, { pieces, repeats }: Sequence, at: HeadAt) {
  const { state, change, dark, token: readable } = usePage();
  const { token, key: pinned, weighted } = state;
  const { head } = at;
  const [pointed, point] = useState<Cell | null>(null);
  const pattern = useMemo(() => patternOf(look, head, weighted), [look, head, weighted]);
  const ramp = useMemo(() => sequential(dark), [dark]);
  const locked = token !== null && token < pieces.length ? token : null;
  const mostSeen = (query: number) => largest(pattern, "from", query, 1)[0]!.position;
  const query = pointed?.query ?? locked ?? pieces.length - 1;
  const pin = query === locked && pinned !== null && pinned <= query ? pinned : null;
  const key = pointed?.key ?? pin ?? mostSeen(query);
  return {
    at,
    pattern,
    pieces,
    repeats,
    ramp,
    locked,
    isPinned: pin === key,
    cell: { query, key },
    point,
    hover: (position: number | null) =>
      point(position === null ? null : { query: position, key: mostSeen(position) }),
    lock: (position: number | null) =>
      change({ token: position === locked ? null : position, key: null }),
    nameOf: (position: number) => `${readable(pieces[position]!)} at ${position}`,
    number: (weight: number) => weight.toFixed(weighted ? 2 : 3),
  };
}

interface FocusProps {
  readonly focus: ReturnType<typeof useFocus>;
}

function Tokens({ focus }: FocusProps) {
  const { pattern, pieces, ramp, hover, lock, number } = focus;
  const { query } = focus.cell;
  const shades = useMemo(() => looks(pattern, query), [pattern, query]);
  const bars = useMemo(() => lookedAt(pattern, query), [pattern, query]);
  return (
    <TokenRow
      label="Tokens: colour is where the chosen one looks, the bar what looks at it"
      {...{ pieces, shades, bars, ramp, hover, lock }}
      at={query}
      locked={focus.locked === query}
      words={(position) =>
        position > query
          ? `looks at the chosen token with ${number(pattern.weight(position, query))}`
          : `looked at with ${number(pattern.weight(query, position))}`
      }
    />
  );
}

function FormButtons() {
  const { state, change } = usePage();
  const { form, weighted } = state;
  return (
    <div class="ways">
      {FORMS.map((name) => (
        <button
          key={name}
          type="button"
          class="plain"
          aria-pressed={form === name}
          onClick={() => change({ form: name })}
        >
          {`${name.charAt(0).toUpperCase()}${name.slice(1)}`}
        </button>
      ))}
      <button
        type="button"
        class="plain"
        aria-pressed={weighted}
        onClick={() => change({ weighted: !weighted })}
      >
        Times the size of the value
      </button>
    </div>
  );
}

/** Arcs of a token: more than these are too thin to be seen. */
const MOST_ARCS = 12;

/** Tokens under the longest arc that there can be: rows of arcs then stand still while the reader points at others. */
function reachOf({ length }: Pattern): number {
  return Math.min(length - 1, 10); // arcs over more tokens are not drawn higher
}

/** The pattern as a matrix, arcs or lines, and the cell in focus in words. */
function Picture({ focus, edits }: FocusProps & Pick<AttentionOfLookProps, "edits">) {
  const { state, change, token } = usePage();
  const { at, pattern, pieces, repeats, ramp, cell, isPinned, point, hover, lock, nameOf, number } =
    focus;
  const { query, key } = cell;
  const readable = useMemo(() => pieces.map(token), [pieces, token]);
  const weight = key > query ? "nothing: it comes later" : number(pattern.weight(query, key));
  const words = `${nameOf(query)} looks at ${nameOf(key)} with ${weight}`;
  return (
    <div>
      {state.form === "matrix" ? (
        <Matrix
          label={`Attention of head ${headName(at)}`}
          {...{ cell, pattern, ramp, point, isPinned, repeats }}
          pieces={readable}
          choose={(chosen) => change({ token: chosen?.query ?? null, key: chosen?.key ?? null })}
        />
      ) : state.form === "arcs" ? (
        <TokenArcs
          label={`Attention of head ${headName(at)} from ${nameOf(query)}, as arcs`}
          pieces={readable}
          arcs={largest(pattern, "from", query, MOST_ARCS).map((other) => ({
            from: query,
            to: other.position,
            weight: other.weight / pattern.bound,
            role: "induction",
            words: `${nameOf(query)} looks at ${nameOf(other.position)} with ${number(other.weight)}`,
          }))}
          query={query}
          seam={repeats && repeats.start + repeats.period}
          reach={reachOf(pattern)}
          choose={lock}
        />
      ) : (
        <Lines {...{ pattern, hover, lock }} pieces={readable} at={query} />
      )}
      {state.form === "matrix" && (
        <ColourBar
          ramp={ramp}
          ends={["0", state.weighted ? number(pattern.bound) : "1"]}
          label={`${state.weighted ? "attention times the size of the value" : "attention"}${repeats ? "; between the dashed lines: where induction looks" : ""}`}
        />
      )}
      <p
        class="cellWords"
        role="status"
        data-value={pattern.weight(query, key)}
        data-cell={`${query},${key}`}
        data-of={headName(at)}
        data-edits={edits.map(headName).join()}
      >
        {words}
      </p>
    </div>
  );
}

/** What the token in focus looks at most, and what looks at it most. */
function Lists({ focus }: FocusProps) {
  const { pattern, nameOf, number } = focus;
  const { query } = focus.cell;
  return (
    <div>
      <WeightList
        title={`${nameOf(query)} looks at`}
        rows={largest(pattern, "from", query, 8)}
        {...{ nameOf, number }}
      />
      <WeightList
        title={`What looks at ${nameOf(query)}`}
        rows={largest(pattern, "to", query, 8).filter(({ weight }) => weight >= LEAST_ROW)}
        {...{ nameOf, number }}
      />
    </div>
  );
}

/** Weights from here on are rows of a table; the JSON has all. */
const LEAST_ROW = 5e-4;
/** Rows of a table that a page can hold. */
const MOST_ROWS = 1000;

/** The picture as a table, made when it is asked for: every weight that is not next to nothing. */
function AllWeights({ focus }: FocusProps) {
  const [isOpen, open] = useState(false);
  const { at, pattern, nameOf, number } = focus;
  const rows = isOpen ? weightsOf(pattern) : [];
  return (
    <details onToggle={(event) => open(event.currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && (
        <SortedTable
          caption={`Weights of head ${headName(at)} of ${LEAST_ROW} or more${rows.length > MOST_ROWS ? `, the first ${MOST_ROWS} of ${rows.length}; downloads have all` : ""}`}
          rows={rows.slice(0, MOST_ROWS)}
          keyOf={({ query, key }) => `${query},${key}`}
          columns={[
            {
              name: "token",
              value: ({ query }) => query,
              text: ({ query }) => nameOf(query),
            },
            { name: "looks at", value: ({ key }) => key, text: ({ key }) => nameOf(key) },
            {
              name: "weight",
              value: ({ weight }) => weight,
              text: ({ weight }) => number(weight),
            },
          ]}
        />
      )}
    </details>
  );
}

function weightsOf({ length, weight }: Pattern) {
  const rows: { readonly query: number; readonly key: number; readonly weight: number }[] = [];
  for (let query = 0; query < length; query++)
    for (let key = 0; key <= query; key++)
      if (weight(query, key) >= LEAST_ROW) rows.push({ query, key, weight: weight(query, key) });
  return rows;
}

/** Pictures of all heads of the layer, the same elements while the reader only points at tokens. */
function LayerThumbs({ look, at }: Pick<AttentionOfLookProps, "look" | "at">) {
  const { state, change, dark } = usePage();
  const { weighted } = state;
  const { layer, head } = at;
  const ramp = useMemo(() => sequential(dark), [dark]);
  return useMemo(
    () => (
      <Thumbs
        {...{ look, layer, head, weighted, ramp }}
        choose={(other) => change({ head: other })}
      />
    ),
    [look, layer, head, weighted, ramp],
  );
}

function Take({ look: shownLook, sequence, at, edits }: AttentionOfLookProps) {
  const { state, engine } = usePage();
  const { weighted } = state;
  const { head } = at;
  const { ids, pieces } = sequence;
  const take = async () => {
    const name = headName(at);
    const result = await engine!.ask("attention", { ids, head: name, weighted });
    const { attentionFigure } = await import("../../export/files.ts");
    const look = edits.length > 0 ? await engine!.ask("look", { ids, layer: at.layer }) : shownLook;
    const pattern = patternOf(look, head, weighted);
    const rows = weightsOf(pattern).map(({ query, key, weight }) => [
      query,
      pieces[query]!,
      key,
      pieces[key]!,
      weight,
    ]);
    const title = `Attention of head ${name} of ${result.model.id}`;
    const columns = ["query", "token", "key", "looks at", "weight"];
    const caption = `Weights of ${LEAST_ROW} or more${weighted ? ", times the length of the value" : ""}`;
    return {
      title,
      lines: [`${ids.length} tokens, queries down, keys to the right.`],
      picture: attentionFigure(result),
      tables: [{ caption, columns, rows }] as const,
      result,
      results: [{ name: "attention", result }],
    };
  };
  return <TakeAlong name={`attention-${headName(at)}`} take={take} />;
}

function LayerButtons() {
  const { state, change, facts } = usePage();
  const last = (facts?.layers ?? 1) - 1;
  return (
    <p class="ways">
      <button
        type="button"
        class="plain"
        disabled={state.layer === 0}
        onClick={() => change({ layer: state.layer - 1 })}
      >
        Previous layer
      </button>
      <button
        type="button"
        class="plain"
        disabled={state.layer >= last}
        onClick={() => change({ layer: state.layer + 1 })}
      >
        Next layer
      </button>
    </p>
  );
}
