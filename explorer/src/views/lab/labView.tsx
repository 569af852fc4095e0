import { useMemo, useState } from "preact/hooks";
import { useAtStake } from "../../page/atStake.ts";
import { TakeAlong } from "../../parts/takeAlong.tsx";
import { runFrom, storedRun } from "./run.ts";
import { Runs } from "./runs.tsx";
import { Run, runFiles } from "./runView.tsx";
import { useLab } from "./useLab.ts";
import "./lab.css";

const STEPS = 600;

/** A stored run to play, then one that the reader trains in the page: losses, scores and every head's pattern by step. */
export function LabView() {
  const lab = useLab();
  const isOwn = lab.runs.some(({ state, events }) => state !== "loaded" && events.length > 0);
  useAtStake("a run of the lab", isOwn);
  const [runName, show] = useState<string | null>(null);
  const [problem, say] = useState<string | null>(null);
  const stored = useMemo(storedRun, []);
  const runs = [stored, ...lab.runs.filter(({ events }) => events.length > 0)];
  const run = runs.find(({ name }) => name === runName) ?? runs.at(-1)!;
  const words = lab.runs.find(({ events }) => events.length === 0)?.words ?? null;
  return (
    <section aria-labelledby="lab">
      <div class="titled">
        <h2 id="lab">Watch induction form, then train your own</h2>
        <TakeAlong key={run.name} name={`lab ${run.name}`} take={() => runFiles(run)} />
      </div>
      <p class="say">
        A model of two layers with four heads each reads random tokens that repeat. At first it only
        guesses; then, within a few hundred steps, heads find each other and the repeated half
        becomes easy.
      </p>
      <Controls lab={lab} forgetShown={() => show(null)} say={say} />
      {problem && <p role="alert">{problem}</p>}
      {words && <p role="alert">The run did not begin: {words}</p>}
      <Run key={run.name} run={run} beside={run === stored ? null : stored} />
      {runs.length > 1 && <Runs {...lab} runs={runs} runName={run.name} show={show} />}
    </section>
  );
}

interface ControlsProps {
  readonly lab: ReturnType<typeof useLab>;
  /** Shows the newest run and no longer one that was chosen. */
  readonly forgetShown: () => void;
  /** Says what is wrong with a file; null: nothing is. */
  readonly say: (problem: string | null) => void;
}

/** What starts, stops and loads runs. */
function Controls({ lab, forgetShown, say }: ControlsProps) {
  const [seed, choose] = useState(0);
  const running = lab.runs.some(({ state }) => state === "running");
  const isStarting = lab.runs.some(
    ({ state, events }) => state === "running" && events.length === 0,
  );
  const load = async (event: Event) => {
    const [file] = (event.currentTarget as HTMLInputElement).files ?? [];
    if (!file) return;
    try {
      lab.add(runFrom(await file.text()));
      say(null);
    } catch (error) {
      say(`${file.name}: ${(error as Error).message}.`);
    }
  };
  return (
    <div class="sequence">
      <label>
        Seed{" "}
        <input
          type="number"
          min={0}
          max={999}
          value={seed}
          onInput={(event) =>
            choose(Math.max(0, Math.floor(Number(event.currentTarget.value) || 0)))
          }
        />
      </label>
      {running ? (
        <button type="button" onClick={lab.stop}>
          Stop
        </button>
      ) : (
        <button
          type="button"
          onClick={() => {
            forgetShown();
            lab.start(seed, STEPS);
          }}
        >
          Train {STEPS.toLocaleString("en")} steps
        </button>
      )}
      <span class="status">{isStarting ? "Loading the engine …" : "about half a minute here"}</span>
      <label class="file">
        Load a run <input type="file" accept=".json" onChange={load} />
      </label>
    </div>
  );
}
