/**
 * @file What stands before a checkpoint's names: `model.` or nothing as AutoModel saves, `_orig_mod.` of torch.compile, `module.`
 * of data-parallel training, `language_model.` of a text model among others, and chains of them.
 */
import type { CheckpointTensors } from "./checkpointTensors.ts";

export interface Prefix {
  /** Before the names of the model's own part. */
  readonly own: string;
  /** Before names outside of it, the most likely first. */
  readonly outer: readonly string[];
}

/** Wrappers put their names anywhere in a path; `module` only at its beginning, where nothing else is called so. */
const WRAPPERS =
  /(^|(?<=\.))(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)\./g;
const PARALLEL = /^(module\.)+/;

/** The checkpoint under the names that it had before it was compiled or trained in parallel. */
export function unwrapNames<Checkpoint extends CheckpointTensors>(
  checkpoint: Checkpoint,
): Checkpoint {
  const plain = <Value>(entries: ReadonlyMap<string, Value>) =>
    new Map(
      [...entries].map(([name, value]) => [
        name.replace(WRAPPERS, "").replace(PARALLEL, "").replace(WRAPPERS, ""),
        value,
      ]),
    );
  const { weights, unsupported } = checkpoint;
  return { ...checkpoint, weights: plain(weights), unsupported: plain(unsupported) };
}

/**
 * The prefix with which most of `names` are there; `base` if none is.
 *
 * @param names without prefix; the first that some prefix leads to is looked for
 */
export function prefixOf(
  names: readonly string[],
  base: string,
  { weights, unsupported }: CheckpointTensors,
): Prefix {
  const there = new Set([...weights.keys(), ...unsupported.keys()]);
  const candidates = names.slice(0, MOST_ANCHORS).flatMap((name) => endingWith(there, name));
  const shortlist = [...new Set([base, ...candidates])].slice(0, MOST_CANDIDATES);
  const counts = shortlist.map((own) => names.filter((name) => there.has(own + name)).length);
  const own = shortlist[counts.indexOf(Math.max(...counts))]!;
  const parts = own.split(".").slice(0, -1);
  const outer = parts.map((_, index) =>
    parts
      .slice(0, index)
      .map((part) => `${part}.`)
      .join(""),
  );
  return { own, outer: [own, ...outer.toReversed()] };
}

const MOST_ANCHORS = 40;
const MOST_CANDIDATES = 20;

function endingWith(there: ReadonlySet<string>, name: string): string[] {
  return [...there]
    .filter((candidate) => candidate === name || candidate.endsWith(`.${name}`))
    .map((candidate) => candidate.slice(0, candidate.length - name.length));
}

/** The full name of an entry; names outside of the part are looked for at every prefix of the prefix. */
export function withPrefix(
  from: string,
  { own, outer }: Prefix,
  has: (name: string) => boolean,
): string {
  if (!from.startsWith("/")) return own + from;
  const name = from.slice(1);
  return (outer.find((prefix) => has(prefix + name)) ?? outer[1] ?? "") + name;
}
