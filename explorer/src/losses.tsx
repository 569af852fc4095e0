import type { AblateResult } from "induction-lens/browser";

interface Props {
  readonly result: AblateResult;
  readonly layer: number;
  readonly head: number;
  readonly off: boolean;
}

/** Loss of both copies with the head, and without it once it is switched off: bars and the same numbers as a table. */
export function Losses({ result, layer, head, off }: Props) {
  const { loss, heads } = result;
  const rows = (["firstCopy", "secondCopy"] as const).map((copy) => ({
    name: copy === "firstCopy" ? "first copy" : "repeated half",
    copy,
    before: loss[copy],
    after: loss[copy] + heads!.delta[copy][layer]![head]!,
  }));
  const deltas = (["firstCopy", "secondCopy"] as const).map(
    (copy) => loss[copy] + Math.max(0, ...heads!.delta[copy].flat()),
  );
  const most = Math.max(...deltas);
  const width = (value: number) => ({ width: `${(100 * Math.max(0, value)) / most}%` });
  return (
    <table class="losses">
      <caption>Loss in nats, mean of {result.input.examples} sequences; lower is better</caption>
      <thead>
        <tr>
          <th scope="col">part</th>
          <th scope="col">all heads</th>
          <th scope="col">
            without {layer}.{head}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, copy, before, after }) => (
          <tr key={copy}>
            <th scope="row">{name}</th>
            <td data-loss={`${copy}.before`} data-value={before}>
              {before.toFixed(2)}
              <span class="bar" aria-hidden="true" style={width(before)} />
            </td>
            <td data-loss={`${copy}.after`} data-value={off ? after : undefined}>
              {off ? after.toFixed(2) : "not switched off"}
              {off && <span class="bar gone" aria-hidden="true" style={width(after)} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
