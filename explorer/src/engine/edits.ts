/** @file Changes of heads: which head one is of, and heads at zero, which most of the page's changes are. */
import type { HeadAt, HeadEdit } from "induction-lens/browser";

export function isSameHead(one: HeadAt, other: HeadAt): boolean {
  return one.layer === other.layer && one.head === other.head;
}

/** These heads at zero. */
export function zeroed(heads: readonly HeadAt[]): HeadEdit[] {
  return heads.map(({ layer, head }) => ({ layer, head, kind: "zero" }));
}

/** The changes with this head at zero, or without what was done to it. */
export function switched(edits: readonly HeadEdit[], at: HeadAt): HeadEdit[] {
  const others = edits.filter((one) => !isSameHead(one, at));
  return others.length < edits.length ? others : [...others, ...zeroed([at])];
}
