/** @file What a command works in: its signal, what it says on standard error, and how it opens engine and model. */
import type { Backend } from "../base/backend.ts";
import type { Progress } from "../base/progress.ts";
import type { LoadedModel } from "../models/loadedModel.ts";
import type { CommonFlags } from "./flags/partFlags.ts";
import type { NameMap } from "../models/nameMap.ts";
import { textIn } from "./userFile.ts";
import { interruption } from "./interruption.ts";
import { talkOn } from "./talk.ts";

export interface Frame {
  /** Aborted when the user asks to stop. */
  readonly signal: AbortSignal;
  /** How far the work is. */
  readonly progress: Progress;
  /** Something that the user would not expect; nothing on --quiet. */
  readonly note: (text: string) => void;
  /** A line of what was done, such as a file that was written; nothing on --quiet. */
  readonly done: (text: string) => void;
  /** The flags that all commands have alike, for what a command does with them by itself. */
  readonly flags: CommonFlags;
  /** The words of the command line that asks for this, without the program. */
  readonly command: readonly string[];
  /** The engine that the flags name. */
  openEngine(): Promise<Backend>;
  /** The model called `name`; whoever opens it closes it. */
  openModel(name: string, options?: ModelOpening): Promise<LoadedModel>;
}

export interface ModelOpening {
  /** Left out: that of the flags. */
  readonly revision?: string | undefined;
  /** Left out: that of the frame. */
  readonly progress?: Progress | undefined;
  /** For facts alone: nothing is hashed or decoded, and the model cannot be run. */
  readonly factsOnly?: boolean | undefined;
}

/** What a frame is set up in; a test has its own. */
export interface Surroundings {
  readonly signal: AbortSignal;
  readonly stdout: Pick<NodeJS.WriteStream, "write" | "isTTY">;
  readonly stderr: NodeJS.WriteStream;
  /** Told how far the work is; left out: standard error is. */
  readonly progress: Progress;
  /** As that of a frame; left out: those of the process. */
  readonly command: readonly string[];
  /** Told the exit code of a Result that is not a success. */
  readonly exit: (code: number) => void;
}

/** Does `work` in a frame. */
export async function inFrame<Value>(
  flags: CommonFlags,
  work: (frame: Frame) => Promise<Value>,
  surroundings: Partial<Surroundings> = {},
): Promise<Value> {
  const { signal = interruption(), stderr = process.stderr, progress } = surroundings;
  const { command = process.argv.slice(2) } = surroundings;
  const talk = talkOn(stderr, { quiet: flags.output.quiet ?? false });
  const { note, done, end } = talk;
  const report = progress ?? talk.report;
  const frame: Frame = {
    ...{ signal, progress: report, note, done, flags, command },
    async openEngine() {
      const { openBackend } = await import("../runtime/openBackend.ts");
      const { withBudget } = await import("../runtime/memoryBudget.ts");
      const { withRounding } = await import("../runtime/rounded.ts");
      const { rememberedSpeeds } = await import("../formats/rememberedSpeeds.ts");
      const { device, threads, memory, fast } = flags.engine;
      const speeds = flags.model.cache === false ? undefined : rememberedSpeeds();
      const { backend, notice } = await openBackend(device, threads, { speeds, say: note });
      if (notice) note(notice);
      const whole = withBudget(backend, memory);
      return fast ? withRounding(whole, note) : whole;
    },
    async openModel(name, opening = {}) {
      const { openModel } = await import("../models/open.ts");
      const { revision = flags.model.revision, progress = report, factsOnly } = opening;
      const { offline, cache, base, unembedding: head, trustArchitecture } = flags.model;
      const map = flags.model.map === undefined ? undefined : await readMap(flags.model.map);
      const how = { revision, offline, cache, base, map, head, trustArchitecture, factsOnly };
      return openModel(name, { ...how, signal, progress, notice: note });
    },
  };
  try {
    return await work(frame);
  } finally {
    end();
  }
}

/** The map of names in a file. */
async function readMap(path: string): Promise<NameMap> {
  const { parseConfig } = await import("../models/config/configJson.ts");
  const { checkedMap } = await import("../models/nameMap.ts");
  return checkedMap(parseConfig(await textIn(path, "the map"), path), path);
}

/** What `use` makes of the model called `name`, which is closed then, whatever happens. */
export async function withModel<Value>(
  frame: Frame,
  name: string,
  use: (model: LoadedModel) => Promise<Value>,
  opening?: ModelOpening,
): Promise<Value> {
  const model = await frame.openModel(name, opening);
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}
