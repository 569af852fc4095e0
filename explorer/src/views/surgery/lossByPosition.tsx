import { meanInterval } from "induction-lens/measure";
import type { Cut } from "../../engine/protocol.ts";
import { editsText } from "../../page/address.ts";
import { plural } from "induction-lens/report";
import { LineChart } from "../../parts/lineChart.tsx";

interface Props {
  readonly before: Cut;
  readonly after: Cut;
}

/** Loss of the token at each position with all heads and with the edits, and of both copies. */
export function LossByPosition({ before, after }: Props) {
  const second = before.start + before.period;
  return (
    <>
      <CopyTable {...{ before, after }} />
      <LineChart
        label={`Loss by position: repeated half ${before.losses.secondCopy.toFixed(2)} nats with all heads, ${after.losses.secondCopy.toFixed(2)} with the changes`}
        xName="position of the token"
        yName="loss, nats"
        series={[
          { name: "all heads", kind: "first", points: pointsOf(before) },
          { name: "with the changes", kind: "second", points: pointsOf(after) },
        ]}
        {...(after.edits.length > 0 && {
          between: `the difference, ${signedText(after.losses.secondCopy - before.losses.secondCopy)} nats on the repeat`,
        })}
        strokes={[{ x: second, name: "the block repeats" }]}
      />
      <PositionTable {...{ before, after }} />
    </>
  );
}

function pointsOf({ losses }: Cut) {
  return losses.byPosition.flatMap((loss, position) =>
    loss === null ? [] : [[position, loss] as const],
  );
}

function CopyTable({ before, after }: Props) {
  return (
    <div class="scroll wide" role="group" tabIndex={0} aria-label="Losses of both copies">
      <table class="losses">
        <caption>Loss in nats, mean of {plural(after.rows, "sequence")}; lower is better</caption>
        <thead>
          <tr>
            <th scope="col">part</th>
            <th scope="col">all heads</th>
            <th scope="col">changed</th>
            <th scope="col">difference, 95&nbsp;%</th>
          </tr>
        </thead>
        <tbody>
          {(["firstCopy", "secondCopy"] as const).map((copy) => {
            const [was, is] = [before.losses[copy], after.losses[copy]];
            return (
              <tr key={copy}>
                <th scope="row">{copy === "firstCopy" ? "first copy" : "repeated half"}</th>
                <td data-loss={`${copy}.before`} data-value={was}>
                  {was.toFixed(3)}
                </td>
                <td data-loss={`${copy}.after`} data-value={is} data-of={editsText(after.edits)}>
                  {is.toFixed(3)}
                </td>
                <td data-difference={copy}>
                  {signedText(is - was)} <Interval {...{ before, after, copy }} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function PositionTable({ before, after }: Props) {
  return (
    <details>
      <summary>Loss by position as a table</summary>
      <div class="scroll" role="group" tabIndex={0} aria-label="Loss by position">
        <table>
          <thead>
            <tr>
              <th scope="col">position</th>
              <th scope="col">all heads</th>
              <th scope="col">changed</th>
            </tr>
          </thead>
          <tbody>
            {pointsOf(before).map(([position, loss]) => (
              <tr key={position}>
                <th scope="row">{position}</th>
                <td>{loss.toFixed(3)}</td>
                <td>{after.losses.byPosition[position]!.toFixed(3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** 95 % interval of the difference, paired by sequence; nothing where there are too few for one. */
export function differenceInterval(
  before: Cut,
  after: Cut,
  copy: "firstCopy" | "secondCopy",
): readonly [number, number] | null {
  const was = before.losses.bySequence[copy];
  return meanInterval(after.losses.bySequence[copy].map((loss, row) => loss - was[row]!));
}

interface IntervalProps extends Props {
  readonly copy: "firstCopy" | "secondCopy";
}

function Interval({ before, after, copy }: IntervalProps) {
  const interval = differenceInterval(before, after, copy);
  return interval && <span class="interval">[{interval.map(signedText).join(", ")}]</span>;
}

export function signedText(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}
