import { headName, uniformOf, type ScoreName, type ScoreResult } from "induction-lens/browser";
import { flags, LABELS } from "../../parts/headWords.ts";

interface Props {
  readonly result: ScoreResult;
  readonly layer: number;
  readonly head: number;
}

/** The five attention scores of one head side by side, each beside what uniform attention scores, and what to mind. */
export function HeadCard({
  result,
  layer,
  head,
  isProven,
}: Props & { readonly isProven: boolean }) {
  const phrases = flags(result, { layer, head }, isProven);
  return (
    <>
      {phrases.length > 0 && (
        <ul class="flags">
          {phrases.map((flag) => (
            <li key={flag}>{flag}</li>
          ))}
        </ul>
      )}
      <div
        class="scroll wide"
        role="group"
        tabIndex={0}
        aria-label={`Scores of ${headName({ layer, head })}`}
      >
        <table class="evidence">
          <caption>
            Where {layer}.{head} attends, as mean attention from 0 to 1 over {result.input.examples}{" "}
            sequences. The tick marks what evenly spread attention would get.
          </caption>
          <thead>
            <tr>
              <th scope="col">score</th>
              <th scope="col">this head</th>
              <th scope="col">
                {result.uniformByLayer
                  ? `uniform attention in layer ${layer}`
                  : "uniform attention"}
              </th>
            </tr>
          </thead>
          <tbody>
            {(Object.keys(LABELS) as ScoreName[]).map((name) => (
              <Evidence key={name} {...{ result, layer, head, name }} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Evidence({ result, layer, head, name }: Props & { readonly name: ScoreName }) {
  const value = result.scores[name][layer]![head]!;
  const even = uniformOf(result, name, layer);
  const range = name === "induction" ? result.intervals.induction[layer]![head] : null;
  return (
    <tr>
      <th scope="row">
        {LABELS[name].glyph} {LABELS[name].name}
      </th>
      <td data-score={name} data-value={value}>
        {value.toFixed(3)}
        {range && ` (${range[0].toFixed(3)} to ${range[1].toFixed(3)})`}
        <span class="track" aria-hidden="true">
          <span class="bar" style={{ width: `${100 * value}%` }} />
          <span class="null" style={{ left: `${100 * even}%` }} />
        </span>
      </td>
      <td>{even.toFixed(3)}</td>
    </tr>
  );
}
