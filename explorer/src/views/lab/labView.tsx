import { useState } from "preact/hooks";
import { useAtStake } from "../../page/atStake.ts";
import { runFrom } from "./run.ts";
import { Runs } from "./runs.tsx";
import { Run } from "./runView.tsx";
import { useLab } from "./useLab.ts";
import "./lab.css";

const STEPS = 600;

/** A two-layer model is trained in the page, and induction forms: losses, scores and every head's pattern by step. */
export function LabView() {
  const lab = useLab();
  const isOwn = lab.runs.some(({ state, events }) => state !== "loaded" && events.length > 0);
  useAtStake("a run of the lab", isOwn);
  const [runName, show] = useState<string | null>(null);
  const [problem, say] = useState<string | null>(null);
  const run = lab.runs.find(({ name }) => name === runName) ?? lab.runs.at(-1) ?? null;
  return (
    <section aria-labelledby="lab">
      <h2 id="lab">Train a model, watch induction form</h2>
      <p class="say">
        A model of two layers with four heads each reads random tokens that repeat. At first it only
        guesses; then, within a few hundred steps, heads find each other and the repeated half
        becomes easy.
      </p>
      <Controls lab={lab} forgetShown={() => show(null)} say={say} />
      {problem && <p role="alert">{problem}</p>}
      {run && run.events.length > 0 ? (
        <Run key={run.name} run={run} />
      ) : (
        <p class="status">
          {run ? (run.words ?? "Loading the engine") : "Nothing is trained yet."}
        </p>
      )}
      {lab.runs.length > 0 && <Runs {...lab} runName={run?.name ?? null} show={show} />}
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
      <label class="file">
        Load a run <input type="file" accept=".json" onChange={load} />
      </label>
    </div>
  );
}
