/** @file `explore`: serves the built page on the loopback address, with a model's files if one was named. */
import { isIP } from "node:net";
import { fileURLToPath } from "node:url";
import { InputError } from "../base/errors.ts";
import { modelFiles } from "../models/modelFiles.ts";
import { openModel } from "../models/open.ts";
import { ZOO } from "../models/zoo/openZoo.ts";
import { modelManifest, pageManifest, zooManifest } from "../server/manifest.ts";
import { serve } from "../server/server.ts";
import { interruption } from "./interruption.ts";
import { progressOn } from "./progress.ts";

export interface ExploreCommandOptions {
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  /** Commander's form of --no-open: false if it was given. */
  readonly open: boolean;
  readonly revision?: string | undefined;
  readonly offline?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

const PAGE = fileURLToPath(new URL("../../explorer/dist", import.meta.url));

export async function exploreCommand(
  name: string | undefined,
  options: ExploreCommandOptions,
): Promise<void> {
  const { port = 0, host = null } = options;
  if (port > 65_535) throw new InputError("options", `--port needs 1 to 65535, got ${port}`);
  if (host !== null && isIP(host) === 0)
    throw new InputError("options", `--host needs an address of this machine, got ${host}`);
  const signal = interruption();
  const page = pageManifest(PAGE);
  const model = name === undefined ? null : await filesOf(name, options, signal);
  const manifest = new Map([
    ...page,
    ...zooManifest(ZOO),
    ...(model?.files.length ? modelManifest(name!, model.files) : []),
  ]);
  const serving = await serve(manifest, { port, host });
  const address = serving.address(model?.state);
  process.stdout.write(`${address}\n`);
  if (host !== null)
    process.stderr.write(
      `note: listening on ${host}: whoever reaches it and has this address sees the page and the model\n`,
    );
  if (!options.quiet) process.stderr.write("Serving the explorer. Ctrl-C ends it.\n");
  if (options.open) await openBrowser(address);
  await new Promise<void>((stop) => {
    if (signal.aborted) stop();
    signal.addEventListener("abort", () => stop());
  });
  await serving.close();
}

/** The model's files, checked by opening them here first, so that faults are said before a browser opens. */
async function filesOf(
  name: string,
  { revision, offline, quiet }: ExploreCommandOptions,
  signal: AbortSignal,
) {
  const progress = progressOn(process.stderr, { quiet: quiet ?? false });
  const wanted = {
    ...(revision !== undefined && { revision }),
    ...(offline !== undefined && { offline }),
    signal,
    progress: progress.report,
  };
  const model = await openModel(name, wanted).finally(() => progress.end());
  await model.close();
  const files = await modelFiles(name, wanted);
  const state = files.length === 0 ? `model=${encodeURIComponent(name)}` : "model=served";
  return { files, state };
}

/** A machine without a browser is no fault: the address is printed. */
async function openBrowser(address: string): Promise<void> {
  const { default: open } = await import("open");
  const child = await open(address).catch(() => null);
  child?.on("error", () => undefined);
  child?.unref();
}
