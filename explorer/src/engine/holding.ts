/** @file The one model that the engine's thread holds, its engine, and its workbench once somebody needs it. */
import {
  load,
  loadFiles,
  openWorkbench,
  UnableError,
  type Backend,
  type LoadedModel,
  type NamedBlob,
  type Tokenizer,
  type Workbench,
} from "induction-lens/browser";
import type { AnswerOptions } from "./answerOptions.ts";
import { fastestEngine } from "./fastest.ts";
import type { ModelFacts, ModelSource } from "./protocol.ts";

interface Holding {
  readonly model: LoadedModel;
  readonly backend: Backend;
  readonly tokenizer: Tokenizer | null;
  readonly facts: ModelFacts;
  /** Rows that an edit is measured on. */
  readonly rows: number;
}

let held: Holding | null = null;
let bench: Promise<Workbench> | null = null;

/** The open model. */
export function holding(): Holding {
  if (!held) throw new Error("internal: no model is open");
  return held;
}

/** Rows of an ablation study, or fewer of a large model: an edit shall show at once. */
const ROWS = 16;
const QUICK_OPERATIONS = 4e9;
const LENGTH = 65;

/** Opens the model; a thread holds one, another model takes another thread. */
export async function openModel(source: ModelSource, options: AnswerOptions): Promise<ModelFacts> {
  options.progress("loading the engine", 0, 1);
  const model = await opened(source, options);
  const { backend, words } = await fastestEngine(model, options);
  const { tokenizer, fault } = await tokenizerOf(model);
  const { family, layers, heads, kvHeads, contextLength, vocabulary, bosToken } =
    model.architecture;
  const parameters = model.program.weights.reduce(
    (sum, { axes }) => sum + axes.reduce((product, { size }) => product * Number(size), 1),
    0,
  );
  const facts: ModelFacts = {
    id: model.id,
    family,
    sha256: model.sha256,
    layers,
    heads,
    kvHeads,
    contextLength,
    vocabulary,
    bosToken,
    parameters,
    tokenizer: tokenizer?.description ?? null,
    tokenizerFault: fault,
    ...words,
  };
  const rows = Math.min(ROWS, Math.max(1, Math.floor(QUICK_OPERATIONS / (parameters * LENGTH))));
  held = { model, backend, tokenizer, facts, rows };
  return facts;
}

/** A tokenizer that cannot be read takes nothing from the model: the page then takes ids. */
async function tokenizerOf(model: LoadedModel) {
  try {
    return { tokenizer: await model.tokenizer(), fault: null };
  } catch (error) {
    return { tokenizer: null, fault: (error as Error).message };
  }
}

async function opened(source: ModelSource, options: AnswerOptions): Promise<LoadedModel> {
  if (source.kind === "named")
    return load(source.name, { zoo: new URL("zoo/", source.base).href, ...options });
  if (source.kind === "hub") {
    const [name, revision] = source.name.split(/@(.*)/s) as [string, string?];
    const sized = (count: number) => checkSize(count, 0, options);
    return load(name, { ...(revision && { revision }), sized, ...options });
  }
  const { id, files } = source.kind === "files" ? source : await servedFiles(source.base, options);
  const decoded = files.some(({ name }) => /\.gguf$/i.test(name)) ? 1 : 0;
  return loadFiles(files, { id, ...options, sized: (count) => checkSize(count, decoded, options) });
}

/** The engine copies weights twice while it starts (measured: 2.6 to 3.1 times their size); quantised ones are decoded first. */
const COPIES = 3;

/** Says what a model will take before anything large is made, and refuses what cannot be. */
function checkSize(parameters: number, decoded: number, { progress }: AnswerOptions): void {
  const needed = 4 * parameters * (COPIES + decoded);
  const given = holdable();
  const words = `${gigabytes(needed)} of memory, this browser gives ${gigabytes(given)}`;
  if (needed > given)
    throw new UnableError(
      `it needs about ${words}; the command line (induction-lens score) has no such limit`,
    );
  progress(`this needs about ${words}`, 0, 1);
}

/** What 32-bit WASM reaches, or what the device has where the browser says so. */
function holdable(): number {
  const { deviceMemory = 8 } = navigator as Navigator & { readonly deviceMemory?: number };
  return Math.min(4e9, 0.75e9 * deviceMemory);
}

function gigabytes(bytes: number): string {
  return bytes < 1e8 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** The files that `induction-lens explore MODEL` hands out beside the page. */
async function servedFiles(base: string, { progress, signal }: AnswerOptions) {
  const list = (await (await answered(new URL("model/list.json", base), signal)).json()) as {
    readonly name: string;
    readonly files: readonly {
      readonly name: string;
      readonly path: string;
      readonly sizeBytes: number;
    }[];
  };
  const total = list.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let done = 0;
  const files: NamedBlob[] = [];
  for (const { name, path, sizeBytes } of list.files) {
    progress(`fetching ${name}`, done, total);
    files.push({ name, blob: await (await answered(new URL(path, base), signal)).blob() });
    done += sizeBytes;
  }
  return { id: list.name, files };
}

async function answered(address: URL, signal: AbortSignal): Promise<Response> {
  const response = await fetch(address, { signal }).catch(() => null);
  if (response?.ok) return response;
  throw new UnableError(
    `${address.pathname} is not served here; a model of yours comes with induction-lens explore MODEL`,
  );
}

/** The model's workbench, prepared once. */
export function workbench(): Promise<Workbench> {
  const { model, backend, rows } = holding();
  bench ??= openWorkbench(model, { backend, rows, length: LENGTH }).catch((error: unknown) => {
    bench = null;
    throw error;
  });
  return bench;
}
