/** @file A Program as one session of the engine: lowered, its weights placed. */
import type { Backend, Feeds, SessionOptions, Trace } from "../base/backend.ts";
import { tensor } from "../base/tensor.ts";
import { lower } from "../graph/onnx/lower.ts";
import { typesOf, type Program } from "../graph/program.ts";
import { completeFeeds } from "./feeds.ts";
import { halvesOf } from "./halves.ts";
import { keepsBlocks } from "./weightNeeds.ts";
import { placeWeights } from "./placeWeights.ts";

/** One session of the engine. */
export interface OpenSession {
  run(feeds: Feeds, outputs: readonly string[]): Promise<Trace>;
  close(): Promise<void>;
}

export interface OpenOptions extends Pick<SessionOptions, "isAlone" | "keepsRoom"> {
  /** Where weights that lie in no file are while it is opened; left out: in memory of their own. */
  readonly memory?: ((sizeBytes: number) => Uint8Array) | undefined;
}

/** What products are rounded to, by bits. */
const PRODUCTS = { 8: "eightBits", 16: "float16" } as const;

/** @param program has nothing that its outputs do not need */
export async function openSession(
  program: Program,
  backend: Backend,
  { isAlone = false, keepsRoom, memory }: OpenOptions = {},
): Promise<OpenSession> {
  const types = typesOf(program);
  const graph = lower(program, {
    fusedMatMul: backend.device !== "webgpu",
    matMulNBits: keepsBlocks(backend),
    rmsScale: backend.device !== "webgpu",
    products: backend.rounding ? PRODUCTS[backend.rounding.bits] : "float32",
    halves: await halvesOf(program, backend),
  });
  const { model, folder, sideFiles, remove } = await placeWeights(graph, backend, memory);
  const options = { ...(folder !== undefined && { folder }), sideFiles, isAlone, keepsRoom };
  const engine = await backend.create(model, options).finally(remove);
  return {
    async run(feeds, outputs) {
      const results = await engine.run(
        completeFeeds(program, feeds),
        outputs.map((name) => `out:${name}`),
      );
      return new Map(
        outputs.map((name) => {
          const { shape, data } = results.get(`out:${name}`)!;
          const axes = types.get(name)!.axes.map((axis) => axis.name);
          return [name, tensor(axes, shape, data as Float32Array)];
        }),
      );
    },
    close: () => engine.close(),
  };
}
