/** @file A training run as the lab keeps it, and as a file. */
import type { LabEvent } from "../../engine/protocol.ts";

export interface LabRun {
  readonly name: string;
  readonly seed: number;
  readonly steps: number;
  readonly events: readonly LabEvent[];
  /** Running, or how it ended. */
  readonly state: "running" | "done" | "stopped" | "loaded" | "failed";
  readonly words: string | null;
  readonly change: Change | null;
}

export interface Change {
  readonly step: number | null;
  readonly interval: readonly [number, number] | null;
  readonly p: number;
}

const FORMAT = "induction-lens/lab-run@1";

/** Fewest checkpoints in which the library looks for a change. */
export const FEWEST = 12;

export function checkpointsOf({ events }: LabRun): LabEvent[] {
  return events.filter(({ checkpoint }) => checkpoint !== null);
}

/** The run as JSON: all numbers and patterns, without the weights. */
export function runText({ name, seed, steps, events, change }: LabRun): string {
  const rounded = (values: Float32Array) =>
    [...values].map((value) => Number(value.toPrecision(4)));
  const kept = events.map(({ checkpoint, ...event }) => ({
    ...event,
    checkpoint: checkpoint && {
      layers: checkpoint.layers,
      heads: checkpoint.heads,
      length: checkpoint.length,
      patterns: rounded(checkpoint.patterns),
    },
  }));
  return JSON.stringify({ format: FORMAT, name, seed, steps, change, events: kept });
}

/**
 * The run in a file that `runText` wrote.
 *
 * @throws {Error} with words for the reader if it is another file
 */
export function runFrom(text: string): LabRun {
  const wrong = new Error("this file is not a run that the lab kept");
  const kept = parsed(text, wrong);
  if (kept.format !== FORMAT || !Array.isArray(kept.events) || kept.events.length === 0)
    throw wrong;
  const events = kept.events.map((event: LabEvent): LabEvent => {
    const { checkpoint: at, scores } = event;
    const area = at ? at.layers * at.heads * at.length ** 2 : 0;
    const fits = at === null || (Array.isArray(at.patterns) && at.patterns.length === area);
    if (!fits || !Number.isInteger(event.step) || !Array.isArray(scores?.induction)) throw wrong;
    return {
      ...event,
      checkpoint: at && { ...at, files: [], patterns: Float32Array.from(at.patterns) },
    };
  });
  return {
    name: `${String(kept.name)} (loaded)`,
    seed: Number(kept.seed),
    steps: Number(kept.steps),
    events,
    state: "loaded",
    words: null,
    change: kept.change ?? null,
  };
}

function parsed(text: string, wrong: Error) {
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // said below
  }
  throw wrong;
}
