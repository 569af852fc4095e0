import { START } from "./address.ts";
import { ZOO } from "./zoo.ts";

/** Models that come with the page; the first is the one that it starts with. */
export const EMBEDDED: readonly string[] = [
  START.model,
  ...ZOO.map(({ name }) => name).filter((name) => name !== START.model),
  "planted:induction",
];
