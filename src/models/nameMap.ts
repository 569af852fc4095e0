/** @file Checkpoints whose tensors have names of their own: a map of names, from people or built in. */
import { z } from "zod";
import type { StoredTensor } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import type { Checkpoint } from "../formats/checkpoint.ts";
import { joinStored, transposeStored, unpairedRows } from "../formats/rearrangeStored.ts";
import { faultSentences } from "../base/faultSentences.ts";
import { someOf } from "../base/someOf.ts";

const place = z.strictObject({
  /** Their name, or several tensors that are one of ours. */
  from: z.union([z.string(), z.array(z.string()).min(1)]),
  /** Theirs is [in, out] where ours is [out, in], or the other way round. */
  transpose: z.boolean().optional(),
  /** The axis along which several are joined, after they are transposed: 0 if it is left out. */
  join: z.union([z.literal(0), z.literal(1)]).optional(),
  /** Heads in whose rows rotary pairs are (2i, 2i + 1), as in Meta's own files; they become (i, i + n). */
  rotaryPairs: z.int().positive().optional(),
});
const schema = z.strictObject({
  config: z.record(z.string(), z.unknown()).optional(),
  names: z.record(z.string(), z.union([z.string(), place])).optional(),
  ignore: z.array(z.string()).optional(),
});

/**
 * `names`: Hugging Face's name of a tensor to theirs, `{layer}` for the layer in both; tensors that it does not name keep
 * their names. `config`: keys of config.json that the files lack, or that replace theirs. `ignore`: their tensors that no
 * computation needs.
 */
export type NameMap = z.infer<typeof schema>;

/** @throws {InputError} "options" for a value that is not a map, with every fault */
export function checkedMap(value: unknown, name = "`map`"): NameMap {
  const reading = schema.safeParse(value);
  if (reading.success) return reading.data;
  const faults = faultSentences(reading.error.issues, Object(value) as Record<string, unknown>);
  throw new InputError("options", `${name} cannot be used: ${faults.join("; ")}`, {
    option: "map",
  });
}

/** `config` with the keys of the map over it. */
export function mappedConfig(
  config: Readonly<Record<string, unknown>>,
  map: NameMap | undefined,
): Readonly<Record<string, unknown>> {
  return { ...config, ...map?.config };
}

/**
 * The checkpoint with its tensors under the names that the map gives them.
 *
 * @throws {InputError} "weights" with every name that the checkpoint does not have, or that two of ours would take
 */
export function mappedCheckpoint(
  checkpoint: Checkpoint,
  { names = {}, ignore = [] }: NameMap,
): Checkpoint {
  const weights = new Map(checkpoint.weights);
  const faults: string[] = [];
  const joints = new Map<string, StoredTensor>();
  const used = new Set<string>();
  for (const [ours, entry] of Object.entries(names)) {
    const { from, ...how } = typeof entry === "string" ? { from: entry } : entry;
    const theirs = [from].flat();
    if (theirs.some((name) => name.includes("{layer}") !== ours.includes("{layer}"))) {
      faults.push(`{layer} stands in both names or in none, got ${ours} from ${theirs.join(", ")}`);
      continue;
    }
    for (const layer of layersOf(theirs, checkpoint)) {
      const at = (name: string) => name.replaceAll("{layer}", String(layer));
      const parts = theirs.map((name) => weights.get(at(name)));
      const missing = theirs.filter((_, index) => !parts[index]).map(at);
      if (missing.length > 0) faults.push(`the checkpoint has no tensor ${missing.join(", ")}`);
      else joints.set(at(ours), arrangeTensor(at(ours), parts as StoredTensor[], how));
      for (const name of theirs) used.add(at(name));
    }
  }
  if (faults.length > 0)
    throw new InputError("weights", `the map of names does not fit: ${someOf(faults, "; ", 20)}`, {
      option: "map",
    });
  const left = (name: string) => !used.has(name) && !ignore.some((each) => isLike(name, each));
  const unsupported = new Map([...checkpoint.unsupported].filter(([name]) => left(name)));
  return {
    ...checkpoint,
    weights: new Map([...[...weights].filter(([name]) => left(name)), ...joints]),
    unsupported,
  };
}

/** Layers that the checkpoint has of these names; one, whatever its number, for names without {layer}. */
function layersOf(theirs: readonly string[], { weights }: Checkpoint): number[] {
  if (!theirs.some((name) => name.includes("{layer}"))) return [0];
  const [lead = "", ...rest] = theirs[0]!.split("{layer}");
  const layers = [...weights.keys()].flatMap((name) => {
    const layer = name.startsWith(lead) ? /^\d+/.exec(name.slice(lead.length))?.[0] : undefined;
    return layer !== undefined && name === [lead, ...rest].join(layer) ? [Number(layer)] : [];
  });
  return layers.length > 0 ? layers : [0];
}

function arrangeTensor(
  name: string,
  parts: readonly StoredTensor[],
  { transpose, join = 0, rotaryPairs }: Omit<z.infer<typeof place>, "from">,
): StoredTensor {
  const inputs = transpose ? parts.map(transposeStored) : parts;
  const whole =
    join === 0
      ? joinStored(name, inputs)
      : transposeStored(joinStored(name, inputs.map(transposeStored)));
  return rotaryPairs === undefined ? whole : unpairedRows(name, whole, rotaryPairs);
}

/** Whether `name` is `pattern`, in which {layer} stands for a number. */
function isLike(name: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("{layer}");
  if (rest.length === 0) return name === first;
  const layer = name.startsWith(first) ? /^\d+/.exec(name.slice(first.length))?.[0] : undefined;
  return layer !== undefined && name === [first, ...rest].join(layer);
}
