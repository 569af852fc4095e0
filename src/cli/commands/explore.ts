/** @file `explore`: serves the built page on the loopback address, with a model's files if one was named. */
import { isIP } from "node:net";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { defineCommand } from "../commandSpec.ts";
import { partFlags, type ModelFlags, type OutputFlags } from "../flags/partFlags.ts";
import { fromHub, MODEL, QUIET, trustOption } from "../flags/sharedFlags.ts";
import { collectTexts, integer } from "../flags/values.ts";
import type { Frame } from "../frame.ts";

interface ExploreFlags {
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  /** Commander's form of --no-open: false if it was given. */
  readonly open: boolean;
  /** What the page opens at, as after `#` of its address. */
  readonly at?: string | undefined;
  /** Folder to write in place of serving. */
  readonly share?: string | undefined;
  readonly weights?: boolean | undefined;
  readonly results?: readonly string[] | undefined;
}

const PAGE = fileURLToPath(new URL("../../../explorer/dist", import.meta.url));

export const command = defineCommand({
  name: "explore",
  description:
    "open the explorer, a page that looks at, cuts and trains models in the browser; serve it until Ctrl-C",
  declare,
  carryOut: async (flags: ModelFlags & OutputFlags & ExploreFlags, [name]: readonly [string?]) => {
    const { inFrame } = await import("../frame.ts");
    const { common, own } = partFlags<ExploreFlags>(flags);
    const { port = 0, host } = own;
    if (port > 65_535) throw new InputError("options", `--port needs 1 to 65535, got ${port}`);
    if (host !== undefined && isIP(host) === 0)
      throw new InputError("options", `--host needs an address of this machine, got ${host}`);
    const { pageState } = await import("../../server/pageState.ts");
    const state = pageState(own.at ?? "");
    checkShareFlags(own);
    await inFrame(common, (frame) =>
      own.share === undefined ? explore(frame, name, own, state) : share(frame, name, own, state),
    );
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("[model]", MODEL)
    .option("--port <n>", "port to serve on (default: any that is free)", integer(1))
    .option(
      "--host <address>",
      "listen on this address of the machine too, so that others can reach it; still with a token",
    )
    .option("--no-open", "print the address and do not open a browser")
    .option(
      "--at <view>",
      "what the page opens at, as after # of its address: view=heads&head=1.2; a whole address will do",
    )
    .option(
      "--share <folder>",
      "serve nothing: write the page with this model's Results as a folder for any host, and its figures for iframes",
    )
    .option("--weights", "with --share: the model's files too, so that all views work there")
    .option(
      "--results <file>",
      "with --share: a Result of score or verdict that is there already; may repeat",
      collectTexts,
    );
  return fromHub(withFlags).addOption(trustOption()).option("--quiet", QUIET);
}

/** Flags of sharing without --share would change nothing, silently. */
function checkShareFlags({ share, weights, results, port, host }: ExploreFlags): void {
  const alone = share === undefined ? { weights, results } : {};
  const served = share === undefined ? {} : { port, host };
  for (const [flag, value] of Object.entries(alone))
    if (value !== undefined) throw new InputError("options", `--${flag} needs --share FOLDER`);
  for (const [flag, value] of Object.entries(served))
    if (value !== undefined)
      throw new InputError("options", `--${flag} is for serving, and --share serves nothing`);
}

async function share(
  frame: Frame,
  name = "zoo:attn-2l",
  { share: folder, weights = false, results = [] }: ExploreFlags,
  state: URLSearchParams,
): Promise<void> {
  const { pageManifest } = await import("../../server/manifest.ts");
  const { shareFolder } = await import("../share/shareFolder.ts");
  const page = pageManifest(PAGE);
  await shareFolder(frame, name, { folder: folder!, page, state, weights, results });
}

async function explore(
  frame: Frame,
  name: string | undefined,
  { port = 0, host, open }: ExploreFlags,
  state: URLSearchParams,
): Promise<void> {
  const { modelManifest, pageManifest, zooManifest } = await import("../../server/manifest.ts");
  const { serve } = await import("../../server/server.ts");
  const { ZOO } = await import("../../models/zoo/openZoo.ts");
  const { signal, note, done } = frame;
  const page = pageManifest(PAGE);
  const model = name === undefined ? null : await filesOf(frame, name);
  const manifest = new Map([
    ...page,
    ...zooManifest(ZOO),
    ...(model?.files.length ? modelManifest(name!, model.files, frame.flags.model) : []),
  ]);
  const serving = await serve(manifest, { port, host: host ?? null });
  const address = serving.address([model?.state, state.toString()].filter(Boolean).join("&"));
  process.stdout.write(`${address}\n`);
  if (host !== undefined)
    note(
      `listening on ${host}: whoever reaches it and has this address sees the page and the model`,
    );
  done("Serving the explorer. Ctrl-C ends it.");
  if (open) await openBrowser(address);
  await new Promise<void>((stop) => {
    if (signal.aborted) stop();
    signal.addEventListener("abort", () => stop());
  });
  await serving.close();
}

/** The model's files, checked by opening them here first, so that faults are said before a browser opens. */
async function filesOf(frame: Frame, name: string) {
  const { modelFiles } = await import("../../models/modelFiles.ts");
  const { revision, offline } = frame.flags.model;
  const { signal, progress } = frame;
  const model = await frame.openModel(name);
  await model.close();
  const files = await modelFiles(name, { revision, offline, signal, progress });
  const state = files.length === 0 ? `model=${encodeURIComponent(name)}` : "model=served";
  return { files, state };
}

/** A machine without a browser is not an error: the address is printed. */
async function openBrowser(address: string): Promise<void> {
  const { default: open } = await import("open");
  const child = await open(address).catch(() => null);
  child?.on("error", () => undefined);
  child?.unref();
}
