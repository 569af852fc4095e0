/** @file A training run as the lab keeps it, and as a file. */
import type { NamedBlob } from "induction-lens/browser";
import type { LabEvent } from "../../engine/protocol.ts";
import stored from "../../../lab/seed0.json";

export interface LabRun {
  readonly name: string;
  readonly seed: number;
  readonly steps: number;
  readonly events: readonly LabEvent[];
  /** Running, or how it ended. */
  readonly state: "running" | "done" | "stopped" | "loaded" | "failed" | "stored";
  readonly words: string | null;
  readonly change: Change | null;
}

export interface Change {
  readonly step: number | null;
  readonly interval: readonly [number, number] | null;
  readonly p: number;
}

const FORMAT = "induction-lens/lab-run@1";

/** Steps of a weight that is one byte in a file. */
const BYTE = 255;

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
  return runIn(parseObject(text, wrong), wrong);
}

/** The run that comes with the page: seed 0, as the page itself trained it (explorer/storeRun.js). */
export function storedRun(): LabRun {
  const run = runIn(stored as never, new Error("internal: the stored run is none"));
  return { ...run, name: `seed ${run.seed} (stored)`, state: "stored" };
}

interface KeptRun {
  readonly format: string;
  readonly name: string;
  readonly seed: number;
  readonly steps: number;
  readonly change: Change | null;
  readonly events: LabEvent[];
}

function runIn(file: KeptRun, wrong: Error): LabRun {
  if (file.format !== FORMAT || !Array.isArray(file.events) || file.events.length === 0)
    throw wrong;
  const events = file.events.map((event: LabEvent): LabEvent => {
    const { checkpoint: at, scores } = event;
    if (!Number.isInteger(event.step) || !Array.isArray(scores?.induction)) throw wrong;
    return {
      ...event,
      checkpoint: at && {
        ...at,
        files: filesIn((at as { readonly files?: unknown }).files, wrong),
        patterns: patternsIn(at, wrong),
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

/** Weights as numbers, or as one byte each in base64, which is as fine as the page draws them. */
function patternsIn(
  { patterns, layers, heads, length }: KeptPatterns,
  wrong: Error,
): Float32Array<ArrayBuffer> {
  const values =
    typeof patterns === "string"
      ? Float32Array.from(atob(patterns), (letter) => letter.charCodeAt(0) / BYTE)
      : Array.isArray(patterns) && Float32Array.from(patterns as number[]);
  if (!values || values.length !== layers * heads * length ** 2) throw wrong;
  return values;
}

interface KeptPatterns {
  readonly patterns: unknown;
  readonly layers: number;
  readonly heads: number;
  readonly length: number;
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
