/**
 * @file Reads a configuration: keys that the family handles by its schema; a key that the reference reads and we do not
 * is refused by name; a key that nothing reads changes nothing, and the user is told.
 */
import type { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { faultSentences, shownValue } from "../../base/faultSentences.ts";
import { someOf } from "../../base/someOf.ts";
import { isObject } from "../../base/isObject.ts";
import { KEYS_READ } from "./keysRead.ts";
import { isNeutral } from "./neutralKeys.ts";
import { ROPE_PARAMETERS } from "./rope.ts";
import { NO_DEFAULT } from "./typeKeys.ts";

type Json = Readonly<Record<string, unknown>>;
type FixedValues = Readonly<Record<string, readonly unknown[]>>;

/** Keys with only some values that we compute, whatever the family; any other is refused. */
const FIXED: FixedValues = {
  is_encoder_decoder: [false],
  add_cross_attention: [false],
  is_causal: [true],
  quantization_config: [null],
  per_layer_config: [null, {}],
  pruned_heads: [null, {}],
};

/**
 * The configuration of one family.
 *
 * @param family the `model_type` under which keysRead.ts lists what the reference reads; of others, every key that is not
 *   handled or neutral is refused
 * @param schema handled keys; a key with a default may be missing
 * @param fixed more keys with the only values that are computed
 * @throws {InputError} "config" with every key that is missing, of a wrong type, or would change the computation
 */
export function readConfig<Shape extends z.ZodRawShape>(
  family: string,
  schema: z.ZodObject<Shape>,
  json: Json,
  fixed: FixedValues = {},
): z.infer<z.ZodObject<Shape>> {
  const { own, faults } = underOwnNames(family, schema, json);
  const allowed = { ...FIXED, ...fixed };
  const unhandled = Object.entries(own).filter(([key]) => !Object.hasOwn(schema.shape, key));
  faults.push(...unhandled.flatMap(([key, value]) => faultOf(family, key, value, allowed) ?? []));
  const reading = schema.safeParse(own);
  if (!reading.success) faults.push(...faultSentences(reading.error.issues, own));
  if (faults.length > 0 || !reading.success)
    throw new InputError("config", `config.json of ${family} cannot be used: ${faults.join("; ")}`);
  return reading.data;
}

/** What is wrong with a key that the family does not handle; null for one that changes nothing. */
function faultOf(family: string, key: string, value: unknown, allowed: FixedValues): string | null {
  const keyValue = `${key} = ${shownValue(value)}`;
  if (Object.hasOwn(allowed, key)) {
    const values = allowed[key]!;
    const isAllowed = values.some((each) => same(each, value ?? null) || same(each, value));
    return isAllowed
      ? null
      : `${keyValue} is not supported (only ${values.map(shownValue).join(", ")})`;
  }
  if (isNeutral(key)) return null;
  const reads = KEYS_READ[family]?.reads;
  if (!reads) return `${keyValue} is not known`;
  const usual = reads[key] === NO_DEFAULT ? null : reads[key];
  return Object.hasOwn(reads, key) && !same(usual, value)
    ? `${keyValue} is not supported: it may change what this model computes`
    : null;
}

/**
 * What to tell about keys that neither we nor the reference read, as `use_flash_attn` or a key of one's own: one sentence,
 * null where there are none.
 */
export function unreadNotice(
  family: string,
  schema: z.ZodObject,
  json: Json,
  { fixed = {}, ropeKeys = [] }: { fixed?: FixedValues; ropeKeys?: readonly string[] } = {},
): string | null {
  const keys = KEYS_READ[family];
  if (!keys) return null;
  const tables = [schema.shape, FIXED, fixed, keys.reads, keys.aliases];
  const unread = Object.entries(json).filter(
    ([key]) =>
      !tables.some((names) => Object.hasOwn(names, key)) &&
      !keys.ignores.includes(key) &&
      !isNeutral(key),
  );
  const all = [...unread, ...unreadRopeKeys(json, ropeKeys)].map(
    ([key, value]) => `${key} = ${shownValue(value)}`,
  );
  if (all.length === 0) return null;
  return `config.json has keys that change nothing, since nothing reads them for ${family}: ${someOf(all, ", ", MOST_LISTED)}`;
}

const MOST_LISTED = 12;

/** Keys in `rope_parameters`, in its entries by layer type, and in `rope_scaling`, with their paths. */
function unreadRopeKeys(json: Json, own: readonly string[]): [path: string, value: unknown][] {
  const within = (path: string, value: unknown, ignored?: string): [string, unknown][] =>
    Object.entries(objectIn(value))
      .filter(([key]) => ![...ROPE_PARAMETERS, ...own].includes(key) || key === ignored)
      .map(([key, inner]) => [`${path}.${key}`, inner]);
  return ["rope_parameters", "rope_scaling"]
    .flatMap((name) => within(name, json[name]))
    .flatMap(([path, value]) =>
      /_attention$/.test(path)
        ? within(path, value, "truncate")
        : [[path, value] as [string, unknown]],
    );
}

function objectIn(value: unknown): Json {
  return isObject(value) ? (value as Json) : {};
}

/** Keys that the reference knows by two names, under the one that the family handles; both must agree. */
function underOwnNames(family: string, { shape }: z.ZodObject, json: Json) {
  const aliases = KEYS_READ[family]?.aliases ?? {};
  const isOther = (key: string) =>
    Object.hasOwn(aliases, key) &&
    !Object.hasOwn(shape, key) &&
    Object.hasOwn(shape, aliases[key]!);
  const others = Object.entries(json).filter(([key]) => isOther(key));
  const own = Object.entries(json).filter(([key]) => !isOther(key));
  const renamed = others.map(([key, value]) => [aliases[key]!, value] as const);
  const faults = others
    .filter(([key, value]) => !same(json[aliases[key]!] ?? value, value))
    .map(([key]) => `${key} and ${aliases[key]} are one setting and must agree`);
  return { own: Object.fromEntries([...renamed, ...own]) as Json, faults };
}

function same(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));
}

/** `width` / `heads`, which must be whole. */
export function perHead(key: string, width: number, heads: number): number {
  if (width % heads === 0) return width / heads;
  throw new InputError("config", `${key} ${width} cannot be divided among ${heads} heads`);
}
