/** @file Opens a model from wherever the page has it, with the engine that runs it best here. */
import {
  canRun,
  splitRevision,
  load,
  loadFiles,
  UnableError,
  withBudget,
  type RunnableModel,
  type ModelShape,
  type NamedBlob,
} from "induction-lens/browser";
import { plural } from "induction-lens/report";
import type { AnswerOptions } from "./answerOptions.ts";
import { engineOf } from "./engineOf.ts";
import { ROW_LENGTH, type OpenModel } from "./held.ts";
import { longestFor } from "./sequence.ts";
import { memoryWords } from "./memoryWords.ts";
import type { DeviceName, ModelFacts, ModelSource, ShapeFacts } from "./protocol.ts";

/** Rows of an ablation study, or fewer of a large model: an edit shall show at once. */
const ROWS = 16;
const QUICK_OPERATIONS = 4e9;

export async function openModel(
  source: ModelSource,
  device: DeviceName,
  options: AnswerOptions,
): Promise<OpenModel> {
  options.progress("loading the engine", 0, 1);
  let inPieces = false;
  const tellMemory: AnswerOptions["tellMemory"] = (need) => {
    ({ inPieces } = need);
    options.tellMemory(need);
  };
  const model = await openSource(source, { ...options, tellMemory })
    .catch(sayTooLarge)
    .catch((error: Error) => sayNotKept(source, error));
  options.progress("starting the engine", 0, 1);
  const { backend: engine, words } = await engineOf(model, device, options);
  const backend = inPieces ? withBudget({ ...engine, availableBytes }) : engine;
  const { tokenizer, fault } = await tokenizerOf(model);
  const shape = shapeOf(model.id, model);
  const { parameters } = shape;
  const facts: ModelFacts = {
    ...shape,
    sha256: model.sha256,
    longest: longestFor(shape),
    scan: model.architecture.scan ?? null,
    kind:
      canRun("score", model) !== null && canRun("score-stacks", model) === null
        ? "stacks"
        : "decoder",
    sees: model.seeing !== undefined,
    tokenizer: tokenizer?.description ?? null,
    tokenizerFault: fault,
    ...words,
  };
  const rows = Math.min(
    ROWS,
    Math.max(1, Math.floor(QUICK_OPERATIONS / (parameters * ROW_LENGTH))),
  );
  return { model, backend, tokenizer, facts, rows };
}

function shapeOf(id: string, { architecture, program }: ModelShape): ShapeFacts {
  const { family, layers, heads, headsByLayer, kvHeads, contextLength, vocabulary, bosToken } =
    architecture;
  const parameters = program.weights.reduce(
    (sum, { axes }) => sum + axes.reduce((product, { size }) => product * Number(size), 1),
    0,
  );
  return {
    ...{ id, family, layers, heads, kvHeads, contextLength, vocabulary, bosToken, parameters },
    headsByLayer: headsByLayer ?? Array.from({ length: layers }, () => heads),
    stackWords: stackWordsOf(architecture),
  };
}

/** `encoder: 1 layer of 4 heads, decoder: 1 layer of 4 heads`; null for a model of one stack. */
function stackWordsOf({ stacks }: ModelShape["architecture"]): string | null {
  if (!stacks) return null;
  const words = stacks.map(
    ({ name, layers, heads }) =>
      `${name === "" ? "" : `${name}: `}${plural(layers, "layer")} of ${plural(heads, "head")}`,
  );
  return words.join(", ");
}

/** Reads as much of a model as says what it is and how large, and refuses what cannot be opened. */
export async function inspectModel(
  source: ModelSource,
  options: AnswerOptions,
): Promise<Record<never, never>> {
  let isSized = false;
  const enough = new Error("internal: the model is sized");
  const tellMemory = () => {
    isSized = true;
    throw enough;
  };
  try {
    await openSource(source, { ...options, tellMemory });
  } catch (error) {
    if (!isSized) throw error;
  }
  return {};
}

/** A tokenizer that cannot be read takes nothing from the model: the page then takes ids. */
async function tokenizerOf(model: RunnableModel) {
  try {
    return { tokenizer: await model.tokenizer(), fault: null };
  } catch (error) {
    return { tokenizer: null, fault: (error as Error).message };
  }
}

async function openSource(source: ModelSource, options: AnswerOptions): Promise<RunnableModel> {
  const { signal, progress } = options;
  const tellShape = (id: string) => (shape: ModelShape) => options.tellShape(shapeOf(id, shape));
  if (source.kind === "named")
    return load(source.name, { zoo: new URL("zoo/", source.base).href, signal, progress });
  if (source.kind === "hub") {
    const { name, revision } = splitRevision(source.name);
    const checkParameters = (count: number) => checkSize(count, 0, options);
    return load(name, {
      ...(revision && { revision }),
      ...{ checkParameters, tellShape: tellShape(name) },
      trustArchitecture: source.trustArchitecture,
      ...{ signal, progress },
    });
  }
  const served = source.kind === "served" ? await servedFiles(source.base, options) : null;
  const { id, files } = source.kind === "files" ? source : served!;
  const decoded = files.some(({ name }) => /\.gguf$/i.test(name)) ? 1 : 0;
  const trustArchitecture = source.trustArchitecture || served?.trustArchitecture;
  const checkParameters = (count: number) => checkSize(count, decoded, options);
  return loadFiles(files, {
    ...{ id, signal, progress, trustArchitecture, checkParameters },
    tellShape: tellShape(id),
  });
}

/** The engine copies weights twice while it starts (measured: 2.6 to 3.1 times their size); quantised ones are decoded first. */
const COPIES = 3;

/** Says what a model will take before anything large is made, and refuses what cannot be. */
function checkSize(parameters: number, decoded: number, { tellMemory }: AnswerOptions): void {
  const sizes = {
    neededBytes: 4 * parameters * (COPIES + decoded),
    availableBytes: availableBytes(),
  };
  const need = { ...sizes, inPieces: sizes.neededBytes > sizes.availableBytes };
  if (need.neededBytes > MOST_TIMES * need.availableBytes)
    throw new UnableError(
      `it needs about ${memoryWords(need)}; the command line (induction-lens score) has no such limit`,
    );
  tellMemory(need);
}

/** So many times what the browser gives takes many minutes in pieces. */
const MOST_TIMES = 5;

/** In place of what a browser says that has no room for decoded weights. */
function sayTooLarge(error: Error): never {
  if (!(error instanceof RangeError)) throw error;
  throw new UnableError(
    "this browser has no room for its weights once they are decoded; the command line (induction-lens score) has no such limit",
  );
}

/** A file that was fetched is kept on disk by the browser, but in a private window in memory, which has no room for a large one. */
function sayNotKept({ kind }: ModelSource, error: Error): never {
  const isLost = error.cause instanceof DOMException && error.cause.name === "NotReadableError";
  if (!isLost || kind === "files") throw error;
  throw new UnableError(
    "this browser did not keep the files that it fetched, as a private window does not where they are large; in an ordinary window they are kept, and files that are chosen with “Open a model …” need not be",
  );
}

/** What 32-bit WASM reaches, or what the device has where the browser says so. */
function availableBytes(): number {
  const { deviceMemory = 8 } = navigator as Navigator & { readonly deviceMemory?: number };
  return Math.min(4e9, 0.75e9 * deviceMemory);
}

/** The files that `induction-lens explore MODEL` hands out beside the page. */
async function servedFiles(base: string, { progress, signal }: AnswerOptions) {
  const list = (await (await fetchChecked(new URL("model/list.json", base), signal)).json()) as {
    readonly name: string;
    readonly trustArchitecture?: boolean;
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
    const before = done;
    const tell = (bytes: number) => progress(`fetching ${name}`, before + bytes, total);
    tell(0);
    const response = await fetchChecked(new URL(path, base), signal);
    files.push({ name, blob: await readBlob(response, tell) });
    done += sizeBytes;
  }
  return { id: list.name, files, trustArchitecture: list.trustArchitecture };
}

/** A file is taken and told in such pieces: browsers refuse to take one of 2 GB at once. */
const PIECE_BYTES = 2 ** 25;

/** The body of a response, with word of how much of it has come. */
async function readBlob(response: Response, tell: (bytes: number) => void): Promise<Blob> {
  const reader = response.body!.getReader();
  const pieces: Blob[] = [];
  let [chunks, chunkBytes, bytes]: [Uint8Array<ArrayBuffer>[], number, number] = [[], 0, 0];
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    chunks.push(read.value);
    chunkBytes += read.value.byteLength;
    if (chunkBytes < PIECE_BYTES) continue;
    pieces.push(new Blob(chunks));
    tell((bytes += chunkBytes));
    [chunks, chunkBytes] = [[], 0];
  }
  return new Blob([...pieces, ...chunks]);
}

async function fetchChecked(address: URL, signal: AbortSignal): Promise<Response> {
  const response = await fetch(address, { signal }).catch(() => null);
  if (response?.ok) return response;
  throw new UnableError(
    `${address.pathname} is not served here; a model of yours comes with induction-lens explore MODEL`,
  );
}
