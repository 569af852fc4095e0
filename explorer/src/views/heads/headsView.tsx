import {
  headName,
  type HeadAt,
  type HeadEdit,
  type ScoreName,
  type ScoreResult,
  type VerdictResult,
} from "induction-lens/browser";
import { plural } from "induction-lens/report";
import { isSameHead } from "../../engine/edits.ts";
import { sequential } from "../../parts/colour.ts";
import { ColourBar } from "../../parts/colourBar.tsx";
import { HeadGrid } from "../../parts/headGrid.tsx";
import { SortedTable } from "../../parts/sortedTable.tsx";
import { TakeAlong } from "../../parts/takeAlong.tsx";
import { useHeading, usePage } from "../../page/page.ts";
import { CircuitGraph, circuitLayers } from "./circuitGraph.tsx";
import { CutHead } from "./cutHead.tsx";
import { HeadCard } from "./headCard.tsx";
import { VerdictBar, VerdictCard } from "./verdicts.tsx";
import { OTHER, sentence, useSigns, type HeadSign, type SignOf } from "../../parts/headSigns.ts";
import { LABELS } from "../../parts/headWords.ts";
import { ScanNote, SeesNote } from "../../parts/scanNote.tsx";
import { leftOutWords, shownHeads } from "../../parts/shownHeads.ts";

/** Every head's induction score as a map and as a table, and the chosen head with all that is known of it. */
export function HeadsView() {
  const { state, change, score, live, facts, dark, verdict: proof } = usePage();
  const { layer, head } = state;
  const [mapHeading, chosenHeading] = [useHeading("map"), useHeading("chosen")];
  const result = score!;
  const windows = windowsOf(result);
  const shown = shownHeads(result.scores.induction, state);
  const signOf = useSigns();
  const choose = (nextLayer: number, nextHead: number) =>
    change({ layer: nextLayer, head: nextHead });
  const circuit = proof.verdict && <CircuitGraph verdict={proof.verdict} />;
  const isWide = proof.verdict !== null && circuitLayers(proof.verdict) > COLUMN_LAYERS;
  return (
    <>
      {isWide && circuit}
      <div class="panes">
        <div>
          {!isWide && circuit}
          <section aria-labelledby={mapHeading.labelledBy}>
            <div class="titled">
              <h2 id={mapHeading.id}>Induction score of every head</h2>
              <TakeAlong name="induction-scores" take={() => filesOf(result, proof.verdict)} />
            </div>
            {!proof.verdict && <p class="say">{result.verdictInWords}</p>}
            {!live && facts && result.loss === null && <SoFar result={result} />}
            <HeadGrid
              label="Induction score by layer and head"
              cells={cellsOf(result, shown, signOf, state.edits)}
              scale="sequential"
              windows={windows}
              {...{ layer, head, dark, choose }}
            />
            <button
              type="button"
              class="plain small below"
              onClick={() => showHeading(chosenHeading.id)}
            >
              Down to head {headName(state)}, {signOf(state).name}
            </button>
            <MapLegend {...{ result, signOf, windows }} />
            <SeesNote />
            <LeftOut values={result.scores.induction} shown={shown} />
            <VerdictBar />
            <details>
              <summary>As a table</summary>
              <HeadTable {...{ result, shown, signOf, choose }} chosen={headName(state)} />
            </details>
          </section>
        </div>
        <ChosenHead result={result} />
      </div>
    </>
  );
}

/** All that is known of the chosen head, and what it costs to switch it off. */
function ChosenHead({ result }: { readonly result: ScoreResult }) {
  const { state, change, verdict: proof } = usePage();
  const { layer, head } = state;
  const chosenHeading = useHeading("chosen");
  const sign = useSigns()(state);
  const { verdict } = sign;
  return (
    <section aria-labelledby={chosenHeading.labelledBy}>
      <h2 id={chosenHeading.id} tabIndex={-1}>
        Head {layer}.{head}
      </h2>
      {verdict ? (
        <VerdictCard head={verdict} circuit={proof.verdict?.circuit ?? null} />
      ) : (
        <p class="say">{sentence(sign)}</p>
      )}
      <ScanNote layer={layer} />
      <CutHead />
      <HeadCard {...{ result, layer, head }} isProven={verdict !== null} />
      <p class="ways">
        <button type="button" class="plain" onClick={() => change({ view: "attention" }, "new")}>
          See where it looks
        </button>
        <button type="button" class="plain" onClick={() => change({ view: "surgery" }, "new")}>
          Cut it together with others
        </button>
      </p>
    </section>
  );
}

/** Of a model that is still being measured. */
function SoFar({ result }: { readonly result: ScoreResult }) {
  const { examples } = result.input;
  return (
    <p class="hint" data-so-far={examples}>
      Means of the first {plural(examples, "sequence")} until now, of all layers at once; they
      settle as more are measured.
    </p>
  );
}

/** Goes to a part of the page that a narrow one has further down. */
function showHeading(id: string) {
  const heading = document.getElementById(id)!;
  heading.focus({ preventScroll: true });
  heading.scrollIntoView();
}

/** The circuit of so many layers has room over the map; that of more stands over both columns. */
const COLUMN_LAYERS = 2;

/** How many tokens the heads of each layer see at most; null: all. */
function windowsOf({ model }: ScoreResult): readonly (number | null)[] {
  const layers = model.architecture?.attention.layers ?? [];
  return Array.from({ length: model.layers }, (_, at) => {
    const { window = null, chunk = null } = layers.find(({ layer }) => layer === at) ?? {};
    return window ?? chunk;
  });
}

interface LegendProps {
  readonly result: ScoreResult;
  readonly signOf: SignOf;
  readonly windows: readonly (number | null)[];
}

/** What colours, glyphs and frames of the map mean. */
function MapLegend({ result, signOf, windows }: LegendProps) {
  const { dark } = usePage();
  const { uniform, uniformByLayer } = result;
  const seeing = uniformByLayer ? "uniform attention that sees all" : "uniform attention";
  const label = `${seeing}, ${uniform.induction.toFixed(3)}`;
  const mark = { share: uniform.induction, label };
  return (
    <>
      <ColourBar ramp={sequential(dark)} ends={["0", "1"]} label="induction score" mark={mark} />
      <p class="hint">
        {signWords(result, signOf)}
        {windows.some((window) => window !== null) &&
          " ▸ beside a layer: its heads see only so many tokens; the others see all."}
      </p>
    </>
  );
}

/** What glyphs and frames say: that a verdict gave them, as far as it is known, or attention. */
function signWords({ scores }: ScoreResult, signOf: SignOf): string {
  const heads = scores.induction.flatMap((row, layer) => row.map((_, head) => ({ layer, head })));
  const signs = heads.map(signOf);
  const names = (all: readonly Pick<HeadSign, "glyph" | "name">[]) =>
    [...new Set(all.map(({ glyph, name }) => `${glyph} ${name}`))].join(" · ");
  if (signs.some(({ isTested }) => isTested))
    return `Labels of the verdict so far: ${names(signs)}. Colour and number are the induction score; framed: half of its attention or more is induction.`;
  if (signs.some(({ verdict }) => verdict))
    return `${names(signs)}. Colour and number are the induction score; framed: induction heads.`;
  return `${names([...Object.values(LABELS), OTHER])}. Until there is a verdict, glyphs say what a head attends to with half of its attention or more; framed: induction.`;
}

interface LeftOutProps {
  readonly values: readonly (readonly number[])[];
  readonly shown: readonly (readonly number[])[];
}

function LeftOut({ values, shown }: LeftOutProps) {
  const words = leftOutWords(values, shown);
  return words ? <p class="hint">{words}</p> : null;
}

function cellsOf(
  { scores, intervals }: ScoreResult,
  shown: readonly (readonly number[])[],
  signOf: SignOf,
  edits: readonly HeadEdit[],
) {
  return scores.induction.map((row, layer) =>
    shown[layer]!.map((head) => {
      const value = row[head]!;
      const at = { layer, head };
      const { glyph, name, isInduction } = signOf(at);
      const range = intervals.induction[layer]![head];
      const isChanged = edits.some((edit) => isSameHead(edit, at));
      const words = range ? `, interval ${range[0].toFixed(2)} to ${range[1].toFixed(2)}` : "";
      return {
        value,
        ...(shown[layer]!.length < row.length && { head }),
        text: value.toFixed(2),
        off: isChanged,
        framed: isInduction,
        glyph: isChanged ? "✂" : glyph,
        words: `${isChanged ? "changed, " : ""}${name}, score ${value.toFixed(2)}${words}`,
      };
    }),
  );
}

async function filesOf(result: ScoreResult, verdict: VerdictResult | null) {
  const { scorePicture, scoreTable } = await import("../../export/files.ts");
  const { model } = result;
  return {
    title: `Induction score by head: ${model.id}`,
    lines: [result.verdictInWords, `Weights: sha256 ${model.sha256}.`],
    picture: scorePicture(result),
    tables: [scoreTable(result)] as const,
    result,
    results: [
      { name: "score", result },
      ...(verdict ? [{ name: "verdict", result: verdict }] : []),
    ],
  };
}

interface TableProps {
  readonly result: ScoreResult;
  readonly shown: readonly (readonly number[])[];
  readonly signOf: SignOf;
  readonly chosen: string;
  readonly choose: (layer: number, head: number) => void;
}

function HeadTable({ result, shown, signOf, chosen, choose }: TableProps) {
  const { scores, intervals } = result;
  const rows: HeadAt[] = shown.flatMap((heads, layer) => heads.map((head) => ({ layer, head })));
  const range = ({ layer, head }: HeadAt) => intervals.induction[layer]![head];
  return (
    <SortedTable
      caption={`Mean attention of ${result.input.examples} sequences, 0 to 1; interval: 95\u00a0% of the induction score`}
      rows={rows}
      keyOf={headName}
      chosen={chosen}
      choose={({ layer, head }) => choose(layer, head)}
      columns={[
        { name: "head", value: ({ layer, head }) => layer * 1e4 + head, text: headName },
        {
          name: "label",
          value: (row) => signOf(row).name,
          text: (row) => `${signOf(row).glyph} ${signOf(row).name}`,
        },
        ...(Object.keys(LABELS) as ScoreName[]).map((score) => ({
          name: LABELS[score].name,
          value: ({ layer, head }: HeadAt) => scores[score][layer]![head]!,
          text: ({ layer, head }: HeadAt) => scores[score][layer]![head]!.toFixed(3),
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
