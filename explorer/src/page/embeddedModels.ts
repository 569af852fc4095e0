import { START } from "./address.ts";
import { ZOO } from "./zoo.ts";

/** Models that come with the page; the first is the one that it starts with. */
export const EMBEDDED: readonly string[] = [
  START.model,
  ...ZOO.map(({ name }) => name).filter((name) => name !== START.model),
  "planted:induction",
];

/** What is said of a model that comes with the page, by its name. */
export const ABOUT: ReadonlyMap<string, string> = new Map([
  ...ZOO.map(({ name, about }) => [name, about] as const),
  [
    "planted:induction",
    "Written by hand, not trained: previous-token head 0.3, induction head 1.2, duplicate-token head 0.1, resting head 0.2; the others are noise.",
  ],
]);
