/** @file The model in a torch file, wherever it is: nanoGPT's, llama2.c's, Meta's, nanochat's, LLMs-from-scratch's, or by a map. */
import type { ByteSource, Weights } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import type { Checkpoint } from "../formats/checkpoint.ts";
import { computedTensor } from "../formats/computedTensor.ts";
import { isMap, type PickleValue } from "../formats/torch/pickleValues.ts";
import { readTorch } from "../formats/torch/readTorch.ts";
import { torchCheckpoint } from "../formats/torch/torchCheckpoint.ts";
import { modelFrom } from "./families.ts";
import { withNotices, type Model, type UnembeddingChoice } from "./family.ts";
import { checkedMap, mappedCheckpoint, mappedConfig, type NameMap } from "./nameMap.ts";
import { nanoGptModel } from "./nanoGpt.ts";
import { withHead } from "./tiedHead.ts";
import { unwrapNames } from "./weightPrefix.ts";
import {
  fromScratchPlan,
  isFromScratch,
  isNanochat,
  llamaPlan,
  nanochatPlan,
  type WriterPlan,
} from "./torchWriters.ts";

export interface TorchOptions {
  readonly head?: UnembeddingChoice | undefined;
  readonly map?: NameMap | undefined;
  /** What the file of sizes beside it says, see `sizesFileOf`. */
  readonly sizes?: unknown;
}

/**
 * @param path for messages
 * @throws {InputError} "file" for a malformed file, a pickle that asks for more than tensors, or a file of nobody that is
 *   known; "config" or "weights" for what does not fit
 */
export async function torchModel(
  source: ByteSource,
  path: string,
  options: TorchOptions = {},
): Promise<{ readonly model: Model; readonly weights: Weights }> {
  const saved = await readTorch(source);
  const map = options.map && checkedMap(options.map);
  const args = part(saved, "model_args");
  if (isMap(args) && args.has("n_embd") && !map) return nanoGptModel(saved, path, options);
  const checkpoint = unwrapNames(
    torchCheckpoint(`${path}: ${stateName(saved) ?? "the whole"}`, stateOf(saved)),
  );
  const plan = planOf(checkpoint, path, args, options.sizes, map);
  const withOurNames = mappedCheckpoint(mappedCheckpoint(checkpoint, plan.map), map ?? {});
  const zeros = [...(plan.zeros ?? [])].map(
    ([name, size]) => [name, computedTensor(path, [size], () => undefined)] as const,
  );
  const weights = { ...withOurNames, weights: new Map([...withOurNames.weights, ...zeros]) };
  const config = mappedConfig(plan.config, map);
  const model = await withHead(
    (head) => modelFrom(config, weights, plan.layout ?? "hugging_face", { head }),
    options.head,
  );
  return { model: withNotices(model, [plan.notice ?? null]), weights: weights.weights };
}

function planOf(
  checkpoint: Checkpoint,
  path: string,
  args: PickleValue | undefined,
  sizes: unknown,
  map: NameMap | undefined,
): WriterPlan {
  if (isMap(args) && args.has("dim"))
    return llamaPlan(Object.fromEntries(args), checkpoint, `model_args of ${path}`);
  if (isNanochat(checkpoint)) return nanochatPlan(checkpoint, path, sizes, map?.config ?? {});
  if (sizes !== undefined) return llamaPlan(sizes, checkpoint, `params.json beside ${path}`);
  if (isFromScratch(checkpoint)) return fromScratchPlan(checkpoint, path, map?.config ?? {});
  if (map?.config?.model_type !== undefined || map?.config?.format !== undefined)
    return { config: {}, map: {} };
  throw new InputError(
    "file",
    `${path} needs model_args and model, as nanoGPT or llama2.c writes them; a plain state dictionary has no sizes: put it into a folder with config.json as pytorch_model.bin, or give its names and sizes in \`map\``,
  );
}

function part(saved: PickleValue, name: string): PickleValue | undefined {
  return isMap(saved) ? saved.get(name) : undefined;
}

/** Where writers keep the tensors; the whole file, if nowhere. */
const STATES = ["model", "model_state_dict", "state_dict", "model_state"];

function stateName(saved: PickleValue): string | undefined {
  return STATES.find((name) => isMap(part(saved, name)));
}

function stateOf(saved: PickleValue): PickleValue | undefined {
  const name = stateName(saved);
  return name === undefined ? saved : part(saved, name);
}
