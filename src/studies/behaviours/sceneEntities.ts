/** @file Random tokens before an entity of several tokens, twice: whether a head looks at the entity's first token or its last. */
import { queryMeanTable } from "../../measure/weightTable.ts";
import {
  countOf,
  doesNotFit,
  needsWords,
  partsOfIds,
  startOf,
  timesTable,
  variantRows,
  type RowSource,
  type Scene,
} from "./scene.ts";

const ENTITIES = 5;
/** Random tokens before each entity, which come again where it is asked for. */
const LEAD = 4;

const SOURCE =
  "Feucht et al. 2025 (arXiv:2504.03022), next- and last-token matching; attention here, theirs is weighed by the length of values";

const formula = (key: string, entity: string) =>
  `mean of A[q, k] in r1 ... r4 e1 ... en ... r1 ... r4, e ${entity}, q the last r4, k = ${key}`;

const WORDS = {
  nextToken: {
    name: "nextTokenMatching",
    title: "next-token matching",
    formula: formula("e1", "random tokens"),
    source: SOURCE,
    kind: "share",
  },
  wordStart: {
    name: "conceptStart",
    title: "concept's first token",
    formula: formula("e1", "a word of several tokens"),
    source: SOURCE,
    kind: "share",
  },
  lastToken: {
    name: "lastTokenMatching",
    title: "last-token matching",
    formula: formula("en", "a word of several tokens"),
    source: SOURCE,
    kind: "share",
  },
  concept: {
    name: "conceptOverTokens",
    title: "last token of words over tokens",
    formula: "lastTokenMatching less the same where e1 ... en are random tokens",
    source: SOURCE,
    kind: "difference",
  },
} as const;

type Variant = "words" | "tokens" | "newWords" | "newTokens";

/** Five entities after random tokens, which come again; the head is asked where it looks for what came next. */
export const ENTITY: Scene = {
  name: "entities",
  layout:
    "five times four random tokens, an entity (a word of several tokens, or as many random ones) and a filler; then the four tokens and a filler for each",
  behaviours: Object.values(WORDS).map(({ name }) => name),
  rows: (source) => {
    const { words } = source;
    if (!words) return needsWords();
    const [size, entities] = largestGroup(words.concepts);
    if (entities.length < 4 * ENTITIES)
      return `the tokenizer cuts ${entities.length} words of the list in as many tokens as each other, and rows take ${4 * ENTITIES}`;
    const used = new Set(entities.flat());
    const others = { ...source, ordinary: words.letters.filter((id) => !used.has(id)) };
    const parts = partsOf(size);
    const length = ENTITIES * (LEAD + size + 1) + ENTITIES * (LEAD + 1);
    const why = doesNotFit(others, { length, distinct: countOf(parts) });
    if (why !== null) return why;
    const variants = variantsOf(others, entities, size);
    return { variants, measures: measuresOf(startOf(source.bos), size) };
  },
};

/** Words of two to four tokens: the length that most words of the list have. */
export function largestGroup(
  concepts: ReadonlyMap<number, readonly (readonly number[])[]>,
): readonly [number, readonly (readonly number[])[]] {
  const groups = [3, 2, 4].map((size) => [size, concepts.get(size) ?? []] as const);
  return groups.reduce((most, group) => (group[1].length > most[1].length ? group : most));
}

const partsOf = (size: number) => ({
  leads: ENTITIES * LEAD,
  tokens: ENTITIES * size,
  fillers: ENTITIES,
  later: ENTITIES,
  newLeads: ENTITIES * LEAD,
});

function variantsOf(
  source: RowSource,
  entities: readonly (readonly number[])[],
  size: number,
): Record<Variant, ReturnType<typeof variantRows>[string]> {
  const parts = partsOf(size);
  const names = ["words", "tokens", "newWords", "newTokens"] as const;
  return variantRows(source, countOf(parts), names, (draw, variant, stream) => {
    const { leads, tokens, fillers, later, newLeads } = partsOfIds(draw, parts);
    const words = stream.distinct(ENTITIES, entities.length).flatMap((at) => entities[at]!);
    const all = variant === "words" || variant === "newWords" ? words : tokens;
    const part = (ids: readonly number[], each: number, index: number) =>
      ids.slice(index * each, (index + 1) * each);
    const again = variant === "newWords" || variant === "newTokens" ? newLeads : leads;
    const before = fillers.flatMap((filler, index) => [
      ...[...part(leads, LEAD, index), ...part(all, size, index), filler],
    ]);
    const questions = ORDER.flatMap((index, slot) => [...part(again, LEAD, index), later[slot]!]);
    return [...before, ...questions];
  });
}

/** In which order entities are asked for. */
const ORDER = [2, 0, 4, 1, 3];

function measuresOf(start: number, size: number) {
  const [first, last] = [0, size - 1].map((token) => tableOf(start, size, token)) as [
    ReturnType<typeof tableOf>,
    ReturnType<typeof tableOf>,
  ];
  const less = timesTable(last, -1);
  return [
    { ...WORDS.nextToken, tables: { tokens: first }, control: { newTokens: first } },
    { ...WORDS.wordStart, tables: { words: first }, control: { newWords: first } },
    { ...WORDS.lastToken, tables: { words: last }, control: { newWords: last } },
    { ...WORDS.concept, tables: { words: last, tokens: less }, control: null },
  ];
}

/** Attention of the last token before each entity, where it is asked for, to one of its tokens. */
function tableOf(start: number, size: number, token: number) {
  const block = LEAD + size + 1;
  const first = start + ENTITIES * block;
  const queries = ORDER.map((_, slot) => first + (LEAD + 1) * slot + LEAD - 1);
  const length = first + ENTITIES * (LEAD + 1);
  return queryMeanTable(length, queries, (query) => [
    start + block * ORDER[(query - first - LEAD + 1) / (LEAD + 1)]! + LEAD + token,
  ]);
}
