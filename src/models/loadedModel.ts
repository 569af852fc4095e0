/** @file What loading adds to a model: identity, hash, the check for NaN, its tokenizer, and a watch on its files. */
import type { OpenEngine } from "../base/backend.ts";
import type { Weights } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import { checkUnchanged, type OpenFile } from "../formats/file.ts";
import { firstSight, sightBefore, type FirstSight } from "../formats/firstSight.ts";
import { hashAndFaults } from "../formats/hashAndFaults.ts";
import { runningSha256InNode } from "../formats/hashInThread.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import type { Model } from "./family.ts";
import type { Preprocessor } from "./preprocessor.ts";
import { checkWeights } from "./checkWeights.ts";
import { stepOptions, type LoadOptions } from "./loadOptions.ts";

/** A model with where it comes from. Its files stay open until `close`. */
export interface LoadedModel extends Model {
  /** What the user called it. */
  readonly id: string;
  /** Full commit of a hub model. */
  readonly revision: string | null;
  /** Hash of the weight files' bytes, in name order; empty where it was opened for facts alone and never before. */
  readonly sha256: string;
  /** Bytes of the weight files together; left out where there are none. */
  readonly sizeBytes?: number | undefined;
  /** The tokenizer that lies with the weights; null if there is none. Made at each call. */
  tokenizer(): Promise<Tokenizer | null>;
  /** How images and sounds are prepared, as the files beside the weights say; left out where there can be none. */
  readonly preprocessor?: Preprocessor | undefined;
  /**
   * Checks that the weight files are as they were when the model was loaded; called before and after measuring.
   *
   * @throws {InputError} "file" if one was changed, "options" if the model was opened for facts alone
   */
  unchanged(): Promise<void>;
  close(): Promise<void>;
  /** Opens what runs the model where nobody names an engine; the public `load` adds it. */
  readonly openEngine?: OpenEngine | undefined;
}

/** Hash and a look at the weights, done once per state of the files and remembered. */
export async function sightOfTensors(
  files: readonly OpenFile[],
  options: LoadOptions,
  weights: Weights,
): Promise<FirstSight> {
  const sorted = inNameOrder(files);
  const snapshots = sorted.map((file) => file.snapshot);
  if (options.factsOnly) return (await sightBefore(snapshots)) ?? NOTHING_SEEN;
  const step = stepOptions(options, "hashing weights");
  const totalBytes = sorted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return firstSight(snapshots, async () => {
    const hash = await runningSha256InNode(totalBytes);
    return structuredClone(await hashAndFaults(sorted, weights, hash, step)) as FirstSight;
  });
}

const NOTHING_SEEN: FirstSight = { sha256: "", nonFinite: [], zero: [], zeroTails: [] };

function inNameOrder(files: readonly OpenFile[]): OpenFile[] {
  return files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws {InputError} as `checkWeights`: such a model has no scores */
export async function loadedModel({
  id,
  model,
  sight,
  files,
  options,
  tokenizer,
  preprocessor,
  closeMore,
}: {
  readonly id: string;
  readonly model: Model;
  readonly sight: FirstSight;
  readonly files: readonly OpenFile[];
  readonly options: LoadOptions;
  readonly tokenizer: () => Promise<Tokenizer | null>;
  readonly preprocessor?: Preprocessor | undefined;
  readonly closeMore?: (() => Promise<void>) | undefined;
}): Promise<LoadedModel> {
  const notices = [...(model.notices ?? []), ...checkWeights(id, sight)];
  for (const text of notices) options.notice?.(text);
  return {
    ...model,
    id,
    revision: options.revision ?? null,
    sha256: sight.sha256,
    notices,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    tokenizer,
    ...(preprocessor && { preprocessor }),
    unchanged: async () => {
      if (options.factsOnly) throw cannotRun(id);
      for (const file of files) await checkUnchanged(file.snapshot);
    },
    close: async () => {
      for (const file of files) await file.close();
      await closeMore?.();
    },
  };
}

function cannotRun(id: string): InputError {
  return new InputError("options", `${id} was opened with \`factsOnly\`, so it cannot be run`, {
    option: "factsOnly",
  });
}
