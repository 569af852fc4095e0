/** @file What commander read, parted once: into what all commands have alike, by whom it concerns, and the command's own. */

import type { Device } from "../../base/backend.ts";
import type { UnembeddingChoice } from "../../models/family.ts";

export interface EngineFlags {
  readonly threads?: number | undefined;
  readonly device?: Device | "auto" | undefined;
  /** Bytes that the process may take. */
  readonly memory?: number | undefined;
  readonly fast?: boolean | undefined;
}

export interface ModelFlags {
  readonly revision?: string | undefined;
  readonly offline?: boolean | undefined;
  /** Commander's form of --cache and --no-cache: true or false where one was given. */
  readonly cache?: boolean | undefined;
  /** What an adapter is merged into. */
  readonly base?: string | undefined;
  /** Path of a map of names. */
  readonly map?: string | undefined;
  readonly unembedding?: UnembeddingChoice | undefined;
  readonly trustArchitecture?: boolean | undefined;
}

export interface OutputFlags {
  readonly out?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
  /** What pictures and pages are called. */
  readonly title?: string | undefined;
  readonly quiet?: boolean | undefined;
  /** Which figure of the Result pictures, pages and tables have. */
  readonly figure?: string | undefined;
}

export interface CommonFlags {
  readonly engine: EngineFlags;
  readonly model: ModelFlags;
  readonly output: OutputFlags;
}

export interface PartedFlags<Own> {
  readonly common: CommonFlags;
  readonly own: Own;
}

/** @param flags those of one command together, as commander gives them */
export function partFlags<Own>(
  flags: EngineFlags & ModelFlags & OutputFlags & Own,
): PartedFlags<Own> {
  const { threads, device, memory, fast, out, json, title, quiet, figure, ...others } = flags;
  const { revision, offline, cache, base, map, unembedding, trustArchitecture, ...own } = others;
  return {
    common: {
      engine: { threads, device, memory, fast },
      model: { revision, offline, cache, base, map, unembedding, trustArchitecture },
      output: { out, json, title, quiet, figure },
    },
    own: own as unknown as Own,
  };
}
