import type { ScoreName, ScoreResult } from "induction-lens/browser";
import { HeadGrid } from "../../parts/headGrid.tsx";
import { SortedTable } from "../../parts/sortedTable.tsx";
import { usePage } from "../../page/page.ts";
import { CutHead } from "./cutHead.tsx";
import { HeadCard } from "./headCard.tsx";
import { LABELS, labelOf, OTHER, sentence } from "./words.ts";

/** Every head's induction score as a map and as a table, and the chosen head with all that is known of it. */
export function HeadsView() {
  const { state, change, score, dark } = usePage();
  const { layer, head } = state;
  const result = score!;
  const choose = (nextLayer: number, nextHead: number) =>
    change({ layer: nextLayer, head: nextHead });
  return (
    <div class="panes">
      <section aria-labelledby="map">
        <h2 id="map">Induction score of every head</h2>
        <p class="say">{result.verdictInWords}</p>
        <HeadGrid
          label="Induction score by layer and head"
          cells={cellsOf(result)}
          scale="sequential"
          {...{ layer, head, dark, choose }}
        />
        <p class="hint">
          {Object.values(LABELS)
            .map(({ glyph, name }) => `${glyph} ${name}`)
            .join(" · ")}{" "}
          · {OTHER.glyph} {OTHER.name}. Glyphs say what a head attends to with half of its attention
          or more; that is no verdict yet on what it does.
        </p>
        <details>
          <summary>As a table</summary>
          <HeadTable result={result} chosen={`${layer}.${head}`} choose={choose} />
        </details>
      </section>
      <section aria-labelledby="chosen">
        <h2 id="chosen">
          Head {layer}.{head}
        </h2>
        <p class="say">{sentence(labelOf(result.scores, layer, head))}</p>
        <CutHead />
        <HeadCard {...{ result, layer, head }} />
        <p class="ways">
          <button type="button" class="plain" onClick={() => change({ view: "attention" }, "new")}>
            See where it looks
          </button>
          <button type="button" class="plain" onClick={() => change({ view: "surgery" }, "new")}>
            Cut it together with others
          </button>
        </p>
      </section>
    </div>
  );
}

function cellsOf({ scores, intervals }: ScoreResult) {
  return scores.induction.map((row, layer) =>
    row.map((value, head) => {
      const label = labelOf(scores, layer, head);
      const range = intervals.induction[layer]![head];
      const words = range ? `, interval ${range[0].toFixed(2)} to ${range[1].toFixed(2)}` : "";
      return {
        value,
        text: value.toFixed(2),
        glyph: label ? LABELS[label].glyph : OTHER.glyph,
        words: `${label ? LABELS[label].name : OTHER.name}, induction ${value.toFixed(2)}${words}`,
      };
    }),
  );
}

interface HeadRow {
  readonly layer: number;
  readonly head: number;
}

interface TableProps {
  readonly result: ScoreResult;
  readonly chosen: string;
  readonly choose: (layer: number, head: number) => void;
}

function HeadTable({ result, chosen, choose }: TableProps) {
  const { scores, intervals } = result;
  const rows: HeadRow[] = scores.induction.flatMap((row, layer) =>
    row.map((_, head) => ({ layer, head })),
  );
  const name = ({ layer, head }: HeadRow) => `${layer}.${head}`;
  const label = ({ layer, head }: HeadRow) => labelOf(scores, layer, head);
  const range = ({ layer, head }: HeadRow) => intervals.induction[layer]![head];
  return (
    <SortedTable
      caption={`Mean attention of ${result.input.examples} sequences, 0 to 1; interval: 95 % of the induction score`}
      rows={rows}
      keyOf={name}
      chosen={chosen}
      choose={({ layer, head }) => choose(layer, head)}
      columns={[
        { name: "head", value: ({ layer, head }) => layer * 1e4 + head, text: name },
        {
          name: "label",
          value: (row) => label(row) ?? OTHER.name,
          text: (row) => {
            const at = label(row);
            return at ? `${LABELS[at].glyph} ${LABELS[at].name}` : `${OTHER.glyph} ${OTHER.name}`;
          },
        },
        ...(Object.keys(LABELS) as ScoreName[]).map((score) => ({
          name: LABELS[score].name,
          value: ({ layer, head }: HeadRow) => scores[score][layer]![head]!,
          text: ({ layer, head }: HeadRow) => scores[score][layer]![head]!.toFixed(3),
        })),
        {
          name: "interval",
          value: (row) => range(row)?.[0] ?? 0,
          text: (row) =>
            range(row)
              ?.map((end) => end.toFixed(3))
              .join(" to ") ?? "–",
        },
      ]}
    />
  );
}
