/** @file Asks the hub what a repository holds at a revision: one request, answered with a commit and the files' hashes. Node only. */
import type { HubSettings } from "./hubSettings.ts";
import { listingIn, listingUrl, type RepoListing } from "./listing.ts";
import { ask, jsonOf, retryRequest } from "./request.ts";

const MOST_LISTING_BYTES = 64 * 2 ** 20;

/**
 * The listing of the model `id` at `revision`, both already checked.
 *
 * @throws {InputError} as `listingIn`
 */
export async function repoListing(
  settings: HubSettings,
  id: string,
  revision: string,
): Promise<RepoListing> {
  const url = listingUrl(settings.endpoint, id, revision);
  const answer = await retryRequest(settings, async () =>
    jsonOf(await ask(settings, url), MOST_LISTING_BYTES),
  );
  return listingIn(answer, id, revision);
}
