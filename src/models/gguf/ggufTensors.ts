/** @file A GGUF's tensors as those of the Hugging Face checkpoint that it was made from: names, rows, stacks. */
import { InputError } from "../../base/errors.ts";
import { someOf } from "../../base/someOf.ts";
import { valuesOf, whole, type WantedTensor } from "../../formats/gguf/wantedTensor.ts";
import type { GgufArchitecture } from "./architecture.ts";
import type { GgufFacts } from "./facts.ts";
import type { GivenTensor } from "./rules.ts";

/**
 * The tensors under Hugging Face's names; nothing is read.
 *
 * @throws {InputError} "weights" for tensors without a place, "file" for those that cannot be divided as they should
 */
export function ggufTensors(
  { tensors, tensorsOfSettings }: GgufArchitecture,
  facts: GgufFacts,
): Map<string, WantedTensor> {
  const requests = new Map<string, WantedTensor>(Object.entries(tensorsOfSettings?.(facts) ?? {}));
  const faults: string[] = [];
  for (const name of facts.tensors.keys()) {
    const { pattern, layer, expert } = patternOf(name);
    const rule = Object.hasOwn(tensors, pattern) ? tensors[pattern] : undefined;
    if (rule === undefined) faults.push(name);
    if (!rule) continue;
    const source = givenTensor(facts, name, layer)!;
    const results =
      typeof rule === "string" ? { [rule]: whole(source.tensor) } : rule(source, facts);
    for (const [to, tensor] of Object.entries(results)) {
      const full = to.replace("{}", layer).replace("{x}", expert);
      if (requests.has(full)) faults.push(`${name} (a second ${full})`);
      requests.set(full, checkTensor(full, tensor));
    }
  }
  if (faults.length === 0) return requests;
  throw new InputError(
    "weights",
    `${facts.path} has tensors without a place in ${facts.architecture}: ${someOf(faults)}`,
  );
}

/** `blk.3.ffn_up.7.weight` is expert 7 of layer 3 of `blk.{}.ffn_up.{x}.weight`; stacks of T5 begin with `enc.` or `dec.`. */
function patternOf(name: string): { pattern: string; layer: string; expert: string } {
  const [, stack = "", layer = "", inner = ""] =
    /^((?:enc\.|dec\.)?)blk\.(\d+)\.(.*)$/.exec(name) ?? [];
  if (layer === "") return { pattern: name, layer, expert: "" };
  const expert = /\.(\d+)\./.exec(inner)?.[1] ?? "";
  const rest = expert === "" ? inner : inner.replace(`.${expert}.`, ".{x}.");
  return { pattern: `${stack}blk.{}.${rest}`, layer, expert };
}

function givenTensor(facts: GgufFacts, name: string, layer: string): GivenTensor | undefined {
  const tensor = facts.tensors.get(name);
  const beside = (other: string) => givenTensor(facts, other.replace("{}", layer), layer);
  return tensor && { name, tensor, beside };
}

/** Types that llama.cpp has only while it computes. */
const SCRATCH: readonly string[] = ["Q8_1", "Q8_K"];

function checkTensor(name: string, tensor: WantedTensor): WantedTensor {
  const scratch = tensor.runs.find(({ type }) => SCRATCH.includes(type));
  if (scratch)
    throw new InputError(
      "weights",
      `${scratch.source.name}: ${name} has the type ${scratch.type}, which is for numbers in between and not for weights: quantise the model anew`,
    );
  const values = tensor.runs.reduce((sum, run) => sum + valuesOf(run), 0);
  const count = tensor.shape.reduce((product, length) => product * length, 1);
  if (values === count) return tensor;
  const source = tensor.runs[0]?.source.name ?? "the file";
  throw new InputError(
    "file",
    `${source}: ${name} of shape ${tensor.shape.join(" x ")} cannot be made of tensors with ${values} values`,
  );
}
