/** @file `explore --share`: a folder for any host that opens at one view of one model, with that model's Results in the page. */
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { byteSize } from "../../base/byteSize.ts";
import type { Arcs } from "../../draw/arcs.ts";
import { markup, scriptJson } from "../../draw/markup.ts";
import { isOfPackage } from "../../models/modelName.ts";
import type { ModelFile } from "../../models/modelFiles.ts";
import type { Manifest, ServedFile } from "../../server/manifest.ts";
import { modelManifest, text, zooManifest } from "../../server/manifest.ts";
import { ZOO } from "../../models/zoo/openZoo.ts";
import type { Frame } from "../frame.ts";
import { sharedArcs, sharedFigures } from "./sharedFigures.ts";
import { sharedResults, type SharedResults } from "./sharedResults.ts";
import { checkShared, writeShared } from "./writeShared.ts";

export interface ShareRequest {
  readonly folder: string;
  /** The page as it is built. */
  readonly page: Manifest;
  /** What the page opens at. */
  readonly state: URLSearchParams;
  /** Whether the model's files go into the folder. */
  readonly weights: boolean;
  /** Results that are there already. */
  readonly results: readonly string[];
}

/** What the page finds in its element `shared`. */
interface SharedElement extends Pick<SharedResults, "score" | "verdict" | "attention"> {
  /** The model of the page's state that all this is about. */
  readonly model: string;
  /** What the page opens at, as after `#` of its address. */
  readonly at: string;
  readonly arcs: Arcs | null;
}

export async function shareFolder(
  frame: Frame,
  name: string,
  request: ShareRequest,
): Promise<void> {
  const { folder, page, state, weights, results: files } = request;
  checkShared(folder);
  const isPath = (await stat(name).catch(() => null)) !== null;
  const modelName = isPath ? basename(resolve(name)) : name; // no path of this machine leaves it
  const results = withModelId(await sharedResults(frame, name, { files, state }), modelName);
  const own = weights ? await filesOf(frame, name) : [];
  const model = stateModel(frame, name, { isPath, modelName, hasFiles: own.length > 0 });
  const arcs = sharedArcs(results);
  const figures = await sharedFigures(results, arcs);
  const { score, verdict, attention } = results;
  const at = addressOf(state, model);
  const manifest = new Map([
    ...[...page].filter(([path]) => !path.startsWith("/zoo/")),
    ...lastSteps(zooManifest(ZOO), name),
    ...(own.length > 0 ? modelManifest(modelName, own, frame.flags.model) : []),
    ["/index.html", withShared(page, { model, at, score, verdict, attention, arcs })] as const,
    ...[...figures].map(([path, html]) => [`/${path}`, text("text/html", html)] as const),
  ]);
  const sizeBytes = writeShared(folder, manifest);
  process.stdout.write(`${folder}\n`);
  frame.done(
    `wrote ${folder}: ${manifest.size - 1} files, ${byteSize(sizeBytes)}. Any host can serve it, under any path.`,
  );
  frame.done(
    `${folder}/figure/index.html lists ${figures.size - 1} figures with their snippets for an iframe.`,
  );
  if (!comesAlong(model))
    frame.done(
      `The folder has the numbers of ${modelName} and not its weights, which --weights adds.`,
    );
}

/** What the page opens at: the view that was asked for, else the first one that the folder can show. */
function addressOf(state: URLSearchParams, model: string): string {
  const view = state.get("view") ?? (comesAlong(model) ? "start" : "heads");
  const rest = [...state].filter(([name]) => name !== "view");
  return new URLSearchParams([["view", view], ["model", model], ...rest]).toString();
}

/** Whether the page has the model by itself. */
function comesAlong(model: string): boolean {
  return /^(zoo|planted):|^served$/.test(model);
}

async function filesOf({ flags, signal, progress }: Frame, name: string): Promise<ModelFile[]> {
  const { modelFiles } = await import("../../models/modelFiles.ts");
  const { revision, offline } = flags.model;
  return modelFiles(name, { revision, offline, signal, progress });
}

interface Origin {
  readonly isPath: boolean;
  readonly modelName: string;
  readonly hasFiles: boolean;
}

/** What the page calls the model: the hub's are fetched if the reader says so, files are the reader's to choose. */
function stateModel(
  { flags }: Frame,
  name: string,
  { isPath, modelName, hasFiles }: Origin,
): string {
  if (hasFiles) return "served";
  if (isPath) return `files:${modelName}`;
  if (isOfPackage(name)) return name;
  const { revision } = flags.model;
  return `hub:${name}${revision ? `@${revision}` : ""}`;
}

/** Results under the model's own name, without the folders of this machine. */
function withModelId(results: SharedResults, id: string): SharedResults {
  const under = <Kind extends { readonly model: { readonly id: string } }>(result: Kind): Kind => ({
    ...result,
    model: { ...result.model, id },
  });
  const { score, verdict, attention, example } = results;
  return {
    ...results,
    score: under(score),
    verdict: under(verdict),
    attention: under(attention),
    example: example && { ...example, result: under(example.result) },
  };
}

/** Of each model of the zoo its last step, and all of the one that is shared. */
function lastSteps(zoo: Manifest, name: string): [string, ServedFile][] {
  const last = new Map<string, string>();
  const stepOf = (path: string) => /^\/zoo\/([^/]+)\/checkpoints\/([^/]+)\//.exec(path);
  for (const path of zoo.keys()) {
    const [, model, step] = stepOf(path) ?? [];
    if (model && step && step > (last.get(model) ?? "")) last.set(model, step);
  }
  const zooName = /^zoo:([^@]+)@/.exec(name)?.[1];
  return [...zoo].filter(([path]) => {
    const [, model, step] = stepOf(path) ?? [];
    return model === undefined
      ? path === "/zoo/zoo.json"
      : model === zooName || last.get(model) === step;
  });
}

/** The page's document with what is shared in it. */
function withShared(page: Manifest, shared: SharedElement) {
  const html = Buffer.from(page.get("/index.html")!.body!).toString("utf8");
  const data = markup`<script type="application/json" id="shared">${scriptJson(shared)}</script>`;
  return text(
    "text/html; charset=utf-8",
    html.replace("</head>", () => `${data.html}</head>`),
  );
}
