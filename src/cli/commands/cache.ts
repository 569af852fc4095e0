import { byteSize } from "../../base/byteSize.ts";
import { Argument, Option, type Command } from "commander";
import { InputError } from "../../base/errors.ts";
import type { CacheEntry } from "../../models/hub/cacheEntries.ts";
import { defineCommand } from "../commandSpec.ts";

interface CacheFlags {
  readonly work?: boolean | undefined;
  readonly decoded?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** The download cache, which Python's client shares, what interrupted studies have kept, and decoded weights. */
export const command = defineCommand({
  name: "cache",
  description: "the download cache, shared with Python: list, verify [model], remove <model>",
  declare: (command: Command) =>
    command
      .addArgument(new Argument("<action>", "what to do").choices(["list", "verify", "remove"]))
      .argument("[model]", "an id, id@revision or the first digits of a commit")
      .option(
        "--work",
        "the kept work of interrupted studies instead (list, remove <id|model|all>)",
      )
      .addOption(
        new Option(
          "--decoded",
          "the decoded weights that --cache keeps of GGUF files instead (list, remove <id|name|all>)",
        ).conflicts("work"),
      )
      .option("--json", "print the list as JSON and nothing else"),
  carryOut: async (
    { work, decoded, json }: CacheFlags,
    [action, target]: readonly [string, string?],
  ) => {
    if (json && action !== "list")
      throw new InputError("options", `cache ${action} prints no JSON; list does`);
    if (work) return (await import("../workOfCache.ts")).workOfCache(action, target, json);
    if (decoded) return (await import("../decodedOfCache.ts")).decodedOfCache(action, target, json);
    const { hubSettings } = await import("../../models/hub/hubSettings.ts");
    const { cacheDir } = hubSettings();
    if (action === "list" && target !== undefined)
      throw new InputError("options", `cache list takes no model, got ${target}`);
    if (action === "list") return list(cacheDir, json);
    if (action === "verify") return verify(cacheDir, target);
    return remove(cacheDir, target);
  },
});

async function remove(cacheDir: string, target: string | undefined): Promise<void> {
  if (target === undefined)
    throw new InputError(
      "options",
      "cache remove needs a model: an id, id@revision or the first digits of a commit",
    );
  const { removeFromCache } = await import("../../models/hub/removeFromCache.ts");
  const { id, commits, freedBytes } = await removeFromCache(cacheDir, target);
  process.stdout.write(`removed ${id} (${commits.length} commits, ${byteSize(freedBytes)})\n`);
}

async function list(cacheDir: string, json = false): Promise<void> {
  const { cacheEntries } = await import("../../models/hub/cacheEntries.ts");
  const entries = await cacheEntries(cacheDir);
  if (json) {
    process.stdout.write(`${JSON.stringify({ folder: cacheDir, models: entries })}\n`);
    return;
  }
  const total = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const lines = entries.flatMap((entry) => [
    `${byteSize(entry.sizeBytes).padStart(10)}  ${entry.id}${unfinishedText(entry)}`,
    ...revisions(entry),
  ]);
  process.stdout.write(
    [...lines, `${entries.length} models, ${byteSize(total)} in ${cacheDir}`, ""].join("\n"),
  );
}

function revisions({ revisions: all }: CacheEntry): string[] {
  return all.map(
    ({ commit, refs, files }) =>
      `            ${commit.slice(0, 12)}  ${files.length} files${refs.length ? `  (${refs.join(", ")})` : ""}`,
  );
}

function unfinishedText({ unfinishedBytes }: CacheEntry): string {
  return unfinishedBytes > 0 ? `  (${byteSize(unfinishedBytes)} of an unfinished download)` : "";
}

async function verify(cacheDir: string, id: string | undefined): Promise<void> {
  const { cacheEntries, verifyCache } = await import("../../models/hub/cacheEntries.ts");
  const { inFrame } = await import("../frame.ts");
  const { partFlags } = await import("../flags/partFlags.ts");
  const total = (await cacheEntries(cacheDir)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { checked, bytes, bad } = await inFrame(partFlags({}).common, ({ signal, progress }) => {
    const onBytes = (done: number) => progress("verifying", done, Math.max(done, total));
    return verifyCache(cacheDir, { ...(id !== undefined && { id }), signal, onBytes });
  });
  if (checked + bad.length === 0)
    throw new InputError(
      "cache",
      `${cacheDir} has no ${id === undefined ? "models" : `model ${id}`} to verify`,
    );
  for (const { path, problem } of bad) process.stdout.write(`${path}: ${problem}\n`);
  process.stdout.write(
    `${checked} files, ${byteSize(bytes)} checked, ${bad.length} not as they should be\n`,
  );
  if (bad.length > 0)
    throw new InputError(
      "cache",
      "the cache has files that are not what was downloaded; remove the models that they belong to",
    );
}
