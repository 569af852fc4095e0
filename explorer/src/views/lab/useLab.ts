import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { openEngine, Stopped, type Engine } from "../../engine/client.ts";
import { usePage } from "../../page/page.ts";
import { checkpointsOf, FEWEST, type LabRun } from "./run.ts";

/** Least time between two things that the page says of a run, and least change of the copy gain worth saying. */
const SAY_MS = 10_000;
const SAY_NATS = 0.3;

/** Runs of this visit, the newest last; a thread of their own trains, so the other views stay as they are. */
export function useLab() {
  const { announce } = usePage();
  const [runs, set] = useState<readonly LabRun[]>([]);
  const engine = useRef<Engine | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(
    () => () => {
      stop.current?.abort();
      engine.current?.close();
    },
    [],
  );
  const update = (name: string, part: (run: LabRun) => Partial<LabRun>) =>
    set((before) => before.map((run) => (run.name === name ? { ...run, ...part(run) } : run)));
  const start = (seed: number, steps: number) => {
    engine.current ??= openEngine();
    const stopping = (stop.current = new AbortController());
    const earlier = runs.filter((run) => run.seed === seed).length;
    const name = `seed ${seed}${earlier ? ` again ${earlier}` : ""}`;
    set([...runs, { name, seed, steps, events: [], state: "running", words: null, change: null }]);
    const announceGain = gainAnnouncer(announce);
    const onEvent = (event: LabRun["events"][number]) => {
      update(name, ({ events }) => ({ events: [...events, event] }));
      announceGain(event);
    };
    const endRun = (state: LabRun["state"], words: string | null = null) => {
      update(name, () => ({ state, words }));
      void look(name);
    };
    engine.current.ask("train", { seed, steps }, { signal: stopping.signal, onEvent }).then(
      () => endRun("done"),
      (error: Error) =>
        error instanceof Stopped ? endRun("stopped") : endRun("failed", error.message),
    );
  };
  const latest = useRef(runs);
  useLayoutEffect(() => {
    latest.current = runs;
  });
  /** Looks for the change in the copy gain of a run that ended. */
  const look = async (name: string) => {
    const run = latest.current.find((other) => other.name === name);
    const checkpoints = run ? checkpointsOf(run) : [];
    if (checkpoints.length < FEWEST) return;
    const steps = checkpoints.map(({ step }) => step);
    const values = checkpoints.map(({ scores }) => scores.copyGain);
    const change = await engine.current!.ask("change", { steps, values }).catch(() => null);
    if (change) update(name, () => ({ change }));
  };
  return {
    runs,
    start,
    stop: () => stop.current?.abort(),
    add: (run: LabRun) => set((before) => [...before, run]),
    remove: (name: string) => set((before) => before.filter((run) => run.name !== name)),
  };
}

/** Says the copy gain of a run now and then: not before some time has passed and the gain has changed. */
function gainAnnouncer(announce: (text: string) => void) {
  let last = { at: performance.now(), gain: 0 };
  return ({ step, scores: { copyGain: gain } }: LabRun["events"][number]) => {
    const isDue = performance.now() - last.at > SAY_MS && Math.abs(gain - last.gain) > SAY_NATS;
    if (!isDue) return;
    last = { at: performance.now(), gain };
    announce(`Step ${step}: copy gain ${gain.toFixed(1)} nats.`);
  };
}
