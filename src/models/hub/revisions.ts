/** @file Names of the branches and tags of a model of the hub, or of those that the cache has of it. Node only. */
import { readdir } from "node:fs/promises";
import { InputError, UnableError } from "../../base/errors.ts";
import { repoCache } from "./cacheLayout.ts";
import { checkedId, shorten } from "./checkedNames.ts";
import { hubSettings, type HubOptions } from "./hubSettings.ts";
import { ask, jsonOf, retryRequest } from "./request.ts";

export interface HubRevisions {
  /** Each once, in no order. */
  readonly names: readonly string[];
  /** Why these may not be all that the hub has now, or null. */
  readonly warning: string | null;
}

const MOST_REFS_BYTES = 16 * 2 ** 20;

/**
 * Branches and tags of the model `id` in one small request; offline, or where the hub cannot be reached, those that were
 * downloaded before.
 *
 * @throws {InputError} "hub-not-found", "hub-refused", "hub-name" for an id that is none, "hub-answer" for what is no
 *   list of references, "hub-offline" if none is in the cache
 * @throws {UnableError} if the hub cannot be reached and the cache has none
 */
export async function hubRevisions(id: string, options: HubOptions = {}): Promise<HubRevisions> {
  const settings = hubSettings(options);
  const { refs } = repoCache(settings.cacheDir, checkedId(id));
  const cached = await readdir(refs, { withFileTypes: true }).catch(() => []);
  const names = cached.filter((entry) => entry.isFile()).map(({ name }) => name);
  if (settings.offline) {
    if (names.length > 0) return { names, warning: null };
    throw new InputError(
      "hub-offline",
      `no revision of ${id} is in ${settings.cacheDir}, and no request is made offline`,
    );
  }
  const hurried = names.length > 0 ? { ...settings, retries: 0 } : settings;
  try {
    const answer = await retryRequest(hurried, async () =>
      jsonOf(await ask(hurried, `${settings.endpoint}/api/models/${id}/refs`), MOST_REFS_BYTES),
    );
    return { names: namesIn(answer, id), warning: null };
  } catch (error) {
    if (!(error instanceof UnableError) || names.length === 0) throw error;
    return {
      names,
      warning: `revisions of ${id} are those that were downloaded before: ${error.message}`,
    };
  }
}

function namesIn(answer: unknown, id: string): string[] {
  const { branches, tags = [] } = (answer ?? {}) as { branches?: unknown; tags?: unknown };
  const lists = [branches, tags];
  const refs = lists.every(Array.isArray) ? (lists.flat() as unknown[]) : null;
  const names = refs?.map((ref) => (ref as { name?: unknown } | null)?.name);
  if (!names?.every((name) => typeof name === "string"))
    throw new InputError(
      "hub-answer",
      `the hub's list of revisions of ${id} needs branches and tags with names, got ${shorten(answer)}`,
    );
  return [...new Set(names)];
}
