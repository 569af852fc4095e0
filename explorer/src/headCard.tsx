import type { ScoreName, ScoreResult } from "induction-lens/browser";
import { LABELS } from "./words.ts";

/** The five attention scores of one head beside what uniform attention scores. */
export function HeadCard({
  result,
  layer,
  head,
}: {
  readonly result: ScoreResult;
  readonly layer: number;
  readonly head: number;
}) {
  return (
    <table>
      <caption>
        Where {layer}.{head} attends, as mean attention from 0 to 1
      </caption>
      <thead>
        <tr>
          <th scope="col">score</th>
          <th scope="col">this head</th>
          <th scope="col">even attention</th>
        </tr>
      </thead>
      <tbody>
        {(Object.keys(LABELS) as ScoreName[]).map((name) => (
          <tr key={name}>
            <th scope="row">
              {LABELS[name].glyph} {LABELS[name].name}
            </th>
            <td data-score={name} data-value={result.scores[name][layer]![head]}>
              {result.scores[name][layer]![head]!.toFixed(3)}
            </td>
            <td>{result.uniform[name].toFixed(3)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
