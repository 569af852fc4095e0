import { useMemo, useState } from "preact/hooks";
import { headName } from "induction-lens/browser";
import type { Look, Sequence } from "../../engine/protocol.ts";
import { useAnswer, usePage } from "../../page/page.ts";
import { sequential } from "../../parts/colour.ts";
import { SequenceBar } from "../../parts/sequenceBar.tsx";
import { shownToken } from "../../parts/shownToken.ts";
import { TakeAlong } from "../../parts/takeAlong.tsx";
import { TokenRow } from "../../parts/tokenRow.tsx";
import { Lines } from "./lines.tsx";
import { Matrix, type Cell } from "./matrix.tsx";
import { largest, lookedAt, looks, patternOf } from "../../parts/pattern.ts";
import { Thumbs } from "./thumbs.tsx";
import { WhyCell } from "./whyCell.tsx";
import "./attention.css";

/** Where the chosen head looks in a sequence: tokens, matrix or lines, and lists. */
export function AttentionView() {
  const { engine, state, live } = usePage();
  const { text, period, seed, layer } = state;
  const sequence = useAnswer(live ? engine : null, "sequence", { text, period, seed });
  const ids = sequence.answer?.ids ?? null;
  const look = useAnswer(engine, "look", ids && { ids, layer });
  const fits = look.answer && sequence.answer && look.answer.length === sequence.answer.ids.length;
  return (
    <section aria-labelledby="attention">
      <h2 id="attention">
        Where head {layer}.{state.head} looks
      </h2>
      <SequenceBar error={sequence.error ?? look.error} />
      {fits ? (
        <Shown look={look.answer!} sequence={sequence.answer!} />
      ) : (
        !sequence.error && !look.error && <p class="status">Reading the tokens</p>
      )}
    </section>
  );
}

interface ShownProps {
  readonly look: Look;
  readonly sequence: Sequence;
}

function Shown({ look, sequence }: ShownProps) {
  const { state, change, dark } = usePage();
  const { layer, head, token, weighted, form } = state;
  const { pieces } = sequence;
  const [pointed, point] = useState<Cell | null>(null);
  const pattern = useMemo(() => patternOf(look, head, weighted), [look, head, weighted]);
  const ramp = useMemo(() => sequential(dark), [dark]);
  const locked = token !== null && token < pieces.length ? token : null;
  const query = pointed?.query ?? locked ?? pieces.length - 1;
  const key = pointed?.key ?? largest(pattern, "from", query, 1)[0]!.position;
  const shades = useMemo(() => looks(pattern, query), [pattern, query]);
  const bars = useMemo(() => lookedAt(pattern, query), [pattern, query]);
  const named = (position: number) => `${shownToken(pieces[position]!)} at ${position}`;
  const number = (weight: number) => weight.toFixed(weighted ? 2 : 3);
  const cellWords = `${named(query)} looks at ${named(key)} with ${key > query ? "nothing: it comes later" : number(pattern.weight(query, key))}`;
  const hover = (position: number | null) =>
    point(
      position === null
        ? null
        : { query: position, key: largest(pattern, "from", position, 1)[0]!.position },
    );
  const thumbs = useMemo(
    () => (
      <Thumbs {...{ look, layer, head, weighted, ramp }} choose={(one) => change({ head: one })} />
    ),
    [look, layer, head, weighted, ramp],
  );
  const lock = (position: number | null) =>
    change({ token: position === locked ? null : position });
  return (
    <>
      <TokenRow
        label="Tokens: colour is where the chosen one looks, the bar what looks at it"
        {...{ pieces, shades, bars, ramp, hover, lock }}
        at={query}
        locked={locked === query}
        words={(position) =>
          position > query
            ? `looks at the chosen token with ${number(pattern.weight(position, query))}`
            : `looked at with ${number(pattern.weight(query, position))}`
        }
      />
      <p class="hint">
        Point at a token: colour is where it looks, the bar under a token how much that token looks
        back at it. Click or Enter locks it.
      </p>
      <div class="ways">
        {(["matrix", "lines"] as const).map((name) => (
          <button
            key={name}
            type="button"
            class="plain"
            aria-pressed={form === name}
            onClick={() => change({ form: name })}
          >
            {name === "matrix" ? "Matrix" : "Lines"}
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
      <div class="attention">
        <div>
          {form === "matrix" ? (
            <Matrix
              label={`Attention of head ${layer}.${head}`}
              words={cellWords}
              cell={{ query, key }}
              {...{ pattern, ramp, point }}
              choose={(cell) => change({ token: cell.query })}
            />
          ) : (
            <Lines {...{ pattern, pieces, hover, lock }} at={query} colours={inks(dark)} />
          )}
          <p
            class="cellWords"
            data-value={pattern.weight(query, key)}
            data-cell={`${query},${key}`}
          >
            {cellWords}
          </p>
        </div>
        <div>
          <List
            title={`${named(query)} looks at`}
            rows={largest(pattern, "from", query, 8)}
            {...{ named, number }}
          />
          <List
            title={`What looks at ${named(query)}`}
            rows={largest(pattern, "to", query, 8)}
            {...{ named, number }}
          />
        </div>
      </div>
      <WhyCell ids={sequence.ids} cell={{ query, key }} />
      <Take {...{ look, sequence }} />
      <h3>All heads of layer {layer}</h3>
      <LayerButtons />
      {thumbs}
    </>
  );
}

/** Weights from here on are rows of a table; the JSON has all. */
const LEAST_ROW = 5e-4;

function Take({ look, sequence }: ShownProps) {
  const { state, engine } = usePage();
  const { head, weighted } = state;
  const { ids, pieces } = sequence;
  const take = async () => {
    const name = headName(state);
    const result = await engine!.ask("attention", { ids, head: name, weighted });
    const { attentionFigure } = await import("../../export/files.ts");
    const pattern = patternOf(look, head, weighted);
    const rows = ids.flatMap((_, query) =>
      ids.slice(0, query + 1).flatMap((_, key) => {
        const weight = pattern.weight(query, key);
        return weight >= LEAST_ROW ? [[query, pieces[query]!, key, pieces[key]!, weight]] : [];
      }),
    );
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
  return <TakeAlong name={`attention-${headName(state)}`} take={take} />;
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
        Layer before
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

interface ListProps {
  readonly title: string;
  readonly rows: readonly { readonly position: number; readonly weight: number }[];
  readonly named: (position: number) => string;
  readonly number: (weight: number) => string;
}

function List({ title, rows, named, number }: ListProps) {
  return (
    <table class="short">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">token</th>
          <th scope="col">weight</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ position, weight }) => (
          <tr key={position}>
            <th scope="row">
              <code>{named(position)}</code>
            </th>
            <td>{number(weight)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Colours that a canvas cannot take from the style sheet by itself. */
function inks(dark: boolean) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  void dark;
  return { text: colour("--text"), line: colour("--line"), chosen: colour("--accent") };
}
