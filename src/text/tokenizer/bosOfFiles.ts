/** @file Whether a text begins with BOS and ends with EOS: what the files of a Hugging Face folder say, in the order of the reference. */
import type { BosPolicy, EosPolicy } from "./tokenizer.ts";
import type { TokenizerClass } from "./tokenizerClasses.ts";

type Json = Readonly<Record<string, unknown>>;

/** What is known about BOS in a folder. */
export interface BosFiles {
  /** The post_processor of tokenizer.json; undefined if there is no such file. */
  readonly postProcessor: unknown;
  /** tokenizer_config.json. */
  readonly config: Json;
  /** special_tokens_map.json, if it counts. */
  readonly specials: Json;
  readonly of: TokenizerClass | null;
  readonly idOf: (token: string) => number | null;
}

/**
 * The token that the files name as BOS, and whether they put it before a text.
 *
 * With a tokenizer.json its template decides, and `add_bos_token` of tokenizer_config.json counts for nothing; GPT-NeoX's
 * class follows neither. Without one `add_bos_token` decides, no if it is not there. This is what transformers 5.24 does
 * (`PreTrainedTokenizerBase._from_pretrained` drops the flag beside a tokenizer.json); transformers 4 followed the flag for
 * LLaMA's class. Where flag and template disagree, `why` says so.
 */
export function bosOfFiles({ postProcessor, config, specials, of, idOf }: BosFiles): BosPolicy {
  const { content, source } = namedBos(config, specials, of);
  const idOfFiles = content === null ? null : idOf(content);
  const flag = typeof config.add_bos_token === "boolean" ? config.add_bos_token : null;
  if (postProcessor === undefined)
    return (
      beginOfClass(of, { ...config, ...specials }, idOf) ?? withoutTemplate(idOfFiles, flag, source)
    );
  const { first, more = [] } = endsOfTemplate(postProcessor) ?? {};
  const begins = typeof first === "string" ? idOf(first) : null;
  const adds = begins !== null && of?.usesTemplate !== false;
  const against =
    flag !== null && flag !== adds
      ? `; add_bos_token ${flag} of tokenizer_config.json counts for nothing beside it`
      : "";
  const file = "tokenizer.json";
  const then = more.length > 0 ? `, then ${more.join(", ")}` : "";
  const moreIds = more.flatMap((token) => idOf(String(token)) ?? []);
  if (adds)
    return {
      ...{ id: begins, addToText: true, source: file },
      ...(moreIds.length > 0 && { more: moreIds }),
      why: `the template in ${file} begins with it${then}${against}`,
    };
  const id = idOfFiles ?? begins;
  if (id === null) return withoutBos(source);
  const why =
    begins === null
      ? `${source ?? file} names it, and the template in ${file} does not begin with it${against}`
      : `${of?.name ?? "its class"} does not follow the template in ${file}`;
  return { id, addToText: false, source: file, why };
}

/** What a class puts before every text by itself. */
function beginOfClass(
  of: TokenizerClass | null,
  settings: Json,
  idOf: BosFiles["idOf"],
): BosPolicy | null {
  if (of?.begins === undefined) return null;
  const content = contentOf(settings[of.begins]) ?? of.specials[of.begins]!;
  const id = idOf(content);
  const why = `${of.name} puts its ${of.begins} before every text`;
  return id === null ? null : { id, addToText: true, source: of.name, why };
}

/**
 * The token that the files put behind every text, null if they put none.
 *
 * As for BOS the template of tokenizer.json decides, which GPT-NeoX's class does not follow; without a tokenizer.json
 * `add_eos_token` does, and RoBERTa's class ends every text by itself.
 */
export function eosOfFiles({
  postProcessor,
  config,
  specials,
  of,
  idOf,
}: BosFiles): EosPolicy | null {
  if (postProcessor !== undefined) {
    const { last } = endsOfTemplate(postProcessor) ?? {};
    const id = typeof last === "string" && of?.usesTemplate !== false ? idOf(last) : null;
    return id === null ? null : { id, why: `the template in tokenizer.json ends with ${last}` };
  }
  const settings = { ...of?.specials, ...config, ...specials };
  const ofClass = of?.ends !== undefined;
  if (!ofClass && config.add_eos_token !== true) return null;
  const content = contentOf(settings[of?.ends ?? "eos_token"]);
  const id = content === null ? null : idOf(content);
  const why = ofClass
    ? `${of.name} puts its ${of.ends} behind every text`
    : "tokenizer_config.json sets add_eos_token true";
  return id === null ? null : { id, why };
}

function withoutBos(source: string | null): BosPolicy {
  const why = source ? `${source} names no BOS` : "the tokenizer names no BOS";
  return { id: null, addToText: false, source, why };
}

function withoutTemplate(
  id: number | null,
  flag: boolean | null,
  source: string | null,
): BosPolicy {
  if (id === null) return withoutBos(source);
  if (flag !== null)
    return {
      id,
      addToText: flag,
      source: "tokenizer_config.json",
      why: `tokenizer_config.json sets add_bos_token ${flag}`,
    };
  return {
    id,
    addToText: false,
    source,
    why: `${source ?? "the tokenizer"} names it, and no file sets add_bos_token`,
  };
}

/** The name of BOS: special_tokens_map.json's where that counts, tokenizer_config.json's, or else that of the class. */
export function namedBos(
  config: Json,
  specials: Json,
  of: TokenizerClass | null,
): { readonly content: string | null; readonly source: string | null } {
  for (const [source, file] of [
    ["special_tokens_map.json", specials],
    ["tokenizer_config.json", config],
  ] as const)
    if (file.bos_token !== undefined) return { content: contentOf(file.bos_token), source };
  if (of) return { content: of.specials.bos_token ?? null, source: of.name };
  return { content: null, source: null };
}

/** The text of a token, which files write as text or as an object. */
export function contentOf(token: unknown): string | null {
  if (typeof token === "string") return token;
  const { content } = Object(token) as Json;
  return typeof content === "string" ? content : null;
}

/** The special tokens that a post-processor puts around a text; undefined where it puts none. */
interface TemplateEnds {
  readonly first?: unknown;
  /** Those between the first and the text. */
  readonly more?: readonly unknown[];
  readonly last?: unknown;
}

/** Undefined for a step that puts nothing around a text. */
function endsOfTemplate(step: unknown): TemplateEnds | undefined {
  const { type, single, cls, sep, processors } = Object(step) as Json;
  if (type === "Sequence" && Array.isArray(processors)) {
    return processors.map(endsOfTemplate).find((ends) => ends !== undefined);
  }
  if (type === "TemplateProcessing" && Array.isArray(single)) {
    const special = (part: unknown) => (Object((Object(part) as Json).SpecialToken) as Json).id;
    const names = single.map(special);
    const before = names.findIndex((name) => name === undefined);
    const more = names.slice(1, Math.max(1, before));
    return { first: names[0], more, last: names.at(-1) };
  }
  if (type !== "RobertaProcessing" && type !== "BertProcessing") return undefined;
  const nameOf = (pair: unknown): unknown => (Array.isArray(pair) ? pair[0] : undefined);
  return { first: nameOf(cls), last: nameOf(sep) };
}
