import { download } from "../../parts/download.ts";
import { LineChart, type Series } from "../../parts/lineChart.tsx";
import { runText, type LabRun } from "./run.ts";

/** Lines of runs in one chart. */
const KINDS = ["first", "second", "third", "fourth"] as const;

interface RunsProps {
  readonly runs: readonly LabRun[];
  readonly remove: (name: string) => void;
  readonly runName: string | null;
  readonly show: (name: string) => void;
}

async function keep(run: LabRun): Promise<void> {
  const text = await runText(run, { whole: true });
  download(`${run.name}.json`, "application/json", text);
}

/** All runs of this visit, and their copy gains in one chart once there are two. */
export function Runs({ runs, remove, runName, show }: RunsProps) {
  const compared = runs.filter(({ events }) => events.length > 1).slice(-KINDS.length);
  const series: Series[] = compared.map((run, index) => ({
    name: run.name,
    kind: KINDS[index]!,
    points: run.events.map(({ step, scores }) => [step, scores.copyGain] as const),
  }));
  return (
    <>
      <h3>Runs</h3>
      {series.length > 1 && (
        <LineChart
          label="Copy gain of each run by step"
          xName="step"
          yName="copy gain, nats"
          least={Math.min(0, ...series.flatMap(({ points }) => points.map(([, gain]) => gain)))}
          series={series}
        />
      )}
      <table class="short">
        <thead>
          <tr>
            <th scope="col">run</th>
            <th scope="col">steps</th>
            <th scope="col">copy gain</th>
            <th scope="col">changed at</th>
            <th scope="col">download</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.name} class={run.name === runName ? "chosen" : undefined}>
              <th scope="row">
                <button type="button" class="sort" onClick={() => show(run.name)}>
                  {run.name}
                </button>
              </th>
              <td>{run.events.at(-1)?.step ?? 0}</td>
              <td>{run.events.at(-1)?.scores.copyGain.toFixed(2) ?? "–"}</td>
              <td>{run.change?.step ? Math.round(run.change.step) : "–"}</td>
              <td>
                <button type="button" class="sort" onClick={() => void keep(run)}>
                  download run
                </button>{" "}
                {run.state !== "running" && run.state !== "stored" && (
                  <button type="button" class="sort" onClick={() => remove(run.name)}>
                    remove
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
