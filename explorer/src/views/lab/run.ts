/** @file A training run as the lab keeps it, and as a file. */
import type { NamedBlob } from "induction-lens/browser";
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

/** The run as JSON: all numbers and patterns; its checkpoints' files too where `whole`, each in base64. */
export async function runText(
  run: LabRun,
  { whole }: { readonly whole: boolean },
): Promise<string> {
  const { name, seed, steps, change } = run;
  const rounded = (values: Float32Array) =>
    [...values].map((value) => Number(value.toPrecision(4)));
  const events: unknown[] = [];
  for (const { checkpoint, ...event } of run.events)
    events.push({
      ...event,
      checkpoint: checkpoint && {
        layers: checkpoint.layers,
        heads: checkpoint.heads,
        length: checkpoint.length,
        patterns: rounded(checkpoint.patterns),
        files: whole ? await Promise.all(checkpoint.files.map(fileText)) : [],
      },
    });
  return JSON.stringify({ format: FORMAT, name, seed, steps, change, events });
}

interface KeptFile {
  readonly name: string;
  readonly base64: string;
}

async function fileText({ name, blob }: NamedBlob): Promise<KeptFile> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK)
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return { name, base64: btoa(binary) };
}

/** Arguments that a call can take at once. */
const CHUNK = 8192;

function fileIn({ name, base64 }: KeptFile): NamedBlob {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return { name: String(name), blob: new Blob([bytes]) };
}

/**
 * The run in a file that `runText` wrote.
 *
 * @throws {Error} with words for the reader if it is another file
 */
export function runFrom(text: string): LabRun {
  const wrong = new Error("this file is not a run that the lab kept");
  const file = parseObject(text, wrong);
  if (file.format !== FORMAT || !Array.isArray(file.events) || file.events.length === 0)
    throw wrong;
  const events = file.events.map((event: LabEvent): LabEvent => {
    const { checkpoint: at, scores } = event;
    const area = at ? at.layers * at.heads * at.length ** 2 : 0;
    const fits = at === null || (Array.isArray(at.patterns) && at.patterns.length === area);
    if (!fits || !Number.isInteger(event.step) || !Array.isArray(scores?.induction)) throw wrong;
    return {
      ...event,
      checkpoint: at && {
        ...at,
        files: filesIn((at as { readonly files?: unknown }).files, wrong),
        patterns: Float32Array.from(at.patterns),
      },
    };
  });
  return {
    name: `${String(file.name)} (loaded)`,
    seed: Number(file.seed),
    steps: Number(file.steps),
    events,
    state: "loaded",
    words: null,
    change: file.change ?? null,
  };
}

/** Files of a checkpoint; none in a run that was kept without them. */
function filesIn(files: unknown, wrong: Error): NamedBlob[] {
  if (!Array.isArray(files)) return [];
  try {
    return (files as KeptFile[]).map(fileIn);
  } catch {
    throw wrong;
  }
}

function parseObject(text: string, wrong: Error) {
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // said below
  }
  throw wrong;
}
