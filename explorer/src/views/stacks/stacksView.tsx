import { headName, SCORE_TABLE, type HeadAt, type StacksResult } from "induction-lens/browser";
import { VIEW_TITLES } from "../../page/viewBar.tsx";
import { usePage } from "../../page/page.ts";
import { NONE, shortName } from "../../page/address.ts";
import { sequential } from "../../parts/colour.ts";
import { ColourBar } from "../../parts/colourBar.tsx";
import { HeadGrid } from "../../parts/headGrid.tsx";
import { TakeAlong } from "../../parts/takeAlong.tsx";
import { StackPattern } from "./stackPattern.tsx";

type Part = StacksResult["parts"][number];

/** All views of an encoder or of a model of several stacks: a map for each direction of attention, and the chosen head's pattern. */
export function StacksView() {
  const { state, stacks } = usePage();
  const { view } = state;
  if (view === "learn" || view === "surgery") return <OfDecoders />;
  const { parts, verdictInWords, loss, top } = stacks!;
  const best = top.reduce((first, other) => (other.score > first.score ? other : first));
  const at = Math.min(state.part ?? best.part, parts.length - 1);
  const part = parts[at]!;
  const head = headIn(part, state.layer === NONE.layer ? best : state);
  return (
    <div class="stacks">
      <section aria-labelledby="stacks">
        <div class="titled">
          <h2 id="stacks">Where heads look, direction by direction</h2>
          <TakeAlong name="attention-by-direction" take={() => filesOf(stacks!)} />
        </div>
        <p class="say">{verdictInWords}</p>
        {loss && (
          <p>
            Loss where the encoder reads the tokens to write: {loss.copied.mean.toFixed(2)} nats;
            where it reads others: {loss.other.mean.toFixed(2)}.
          </p>
        )}
        {parts.map((one, index) => (
          <PartMap key={one.part} part={one} index={index} head={index === at ? head : null} />
        ))}
      </section>
      <section aria-labelledby="stackScores">
        <h2 id="stackScores">What head {headName(head)} attends to</h2>
        <PartScores part={part} head={head} />
      </section>
      <section aria-labelledby="stackHead">
        <h2 id="stackHead">
          Head {headName(head)} of {part.part}
        </h2>
        <StackPattern key={`${part.values} ${part.direction}`} part={part} head={head} />
      </section>
    </div>
  );
}

/** The key of a score, as in "attention to the key", or what a head with that score does. */
function keyWords({ name, key }: Part["scores"][number]): string {
  const [row] = Object.entries(SCORE_TABLE).flatMap(([score, { key: formula, does }]) =>
    score === name && formula === key ? [does] : [],
  );
  return row ?? key;
}

/** What needs a model that says what comes next in one row. */
function OfDecoders() {
  const { state, change, facts } = usePage();
  const { name } = VIEW_TITLES[state.view];
  const isFile = state.model.startsWith("files:"); // its path is not known here
  const id = isFile ? "this model" : (facts?.id ?? shortName(state.model));
  const command = `induction-lens ablate ${isFile ? "FOLDER" : id}`;
  return (
    <section aria-labelledby="ofDecoders">
      <h2 id="ofDecoders">{name} is about decoders</h2>
      <p class="say">
        {state.view === "learn"
          ? `The lessons follow one row of tokens to the guess of the next, which ${id} does not make. Choose zoo:attn-2l above for them.`
          : `Heads of ${id} are cut by the command line: ${command} measures what each costs its task. Drop the .json that it writes here to see it.`}
      </p>
      <p class="ways">
        <button type="button" class="plain" onClick={() => change({ view: "heads" }, "new")}>
          See where its heads look
        </button>
      </p>
    </section>
  );
}

/** The chosen head, or the nearest that the part has. */
function headIn({ scores }: Part, { layer, head }: HeadAt): HeadAt {
  const { values } = scores[0]!;
  const at = Math.min(layer, values.length - 1);
  return { layer: at, head: Math.min(head, values[at]!.length - 1) };
}

interface MapProps {
  readonly part: Part;
  readonly index: number;
  /** The chosen head; null: it is of another part. */
  readonly head: HeadAt | null;
}

/** The first score of a part, the one that means induction in its direction. */
function PartMap({ part, index, head }: MapProps) {
  const { change, dark } = usePage();
  const { title, values, intervals, uniform } = part.scores[0]!;
  const cells = values.map((row, layer) =>
    row.map((value, at) => {
      const range = intervals[layer]![at];
      return {
        value,
        text: value.toFixed(2),
        glyph: "",
        framed: value >= 0.5,
        words: `${title} ${value.toFixed(2)}${range ? `, interval ${range[0].toFixed(2)} to ${range[1].toFixed(2)}` : ""}`,
      };
    }),
  );
  return (
    <div data-part={index}>
      <h3>{part.part}</h3>
      <HeadGrid
        label={`${title} score by layer and head, ${part.part}`}
        scale="sequential"
        {...{ cells, dark }}
        layer={head?.layer ?? -1}
        head={head?.head ?? -1}
        choose={(layer, at) => change({ part: index, layer, head: at, token: null, key: null })}
      />
      <ColourBar
        ramp={sequential(dark)}
        ends={["0", "1"]}
        label={`${title} score (${keyWords(part.scores[0]!)})`}
        mark={{ share: uniform[0]!, label: `uniform attention, ${uniform[0]!.toFixed(3)}` }}
      />
    </div>
  );
}

interface HeadProps {
  readonly part: Part;
  readonly head: HeadAt;
}

/** Every score of the head, beside what attention scores that sees all alike, or the same head where no patch repeats. */
function PartScores({ part, head: { layer, head } }: HeadProps) {
  const controlled = part.scores[0]!.control !== null;
  return (
    <div class="scroll wide" role="group" tabIndex={0} aria-label="Scores of the chosen head">
      <table class="evidence">
        <caption>Mean attention from 0 to 1; {part.rows}</caption>
        <thead>
          <tr>
            <th scope="col">score</th>
            <th scope="col">this head</th>
            <th scope="col">uniform attention</th>
            {controlled && <th scope="col">where no patch repeats</th>}
          </tr>
        </thead>
        <tbody>
          {part.scores.map((score) => {
            const { name, title, values, uniform, control } = score;
            return (
              <tr key={name}>
                <th scope="row">
                  {title} <small>({keyWords(score)})</small>
                </th>
                <td data-score={name} data-value={values[layer]![head]}>
                  {values[layer]![head]!.toFixed(3)}
                </td>
                <td>{uniform[layer]!.toFixed(3)}</td>
                {controlled && <td>{control![layer]![head]!.toFixed(3)}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

async function filesOf(result: StacksResult) {
  const { resultView } = await import("../../export/files.ts");
  const entry = { name: "score", result };
  const { view, pictures } = await resultView(entry);
  const [first, ...tables] = view.tables;
  return {
    ...{ title: view.title, lines: view.lines, picture: pictures[0]!, result, results: [entry] },
    tables: [first!, ...tables] as const,
  };
}
