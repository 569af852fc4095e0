/** @file Changes of heads: which head one is of, and heads at zero, which most of the page's changes are. */
import type { HeadAt, HeadEdit } from "induction-lens/browser";

export function isSameHead(head: HeadAt, other: HeadAt): boolean {
  return head.layer === other.layer && head.head === other.head;
}

/** These heads at zero. */
export function zeroHeads(heads: readonly HeadAt[]): HeadEdit[] {
  return heads.map(({ layer, head }) => ({ layer, head, kind: "zero" }));
}

/** The changes with this head at zero, or without what was done to it. */
export function switchHead(edits: readonly HeadEdit[], at: HeadAt): HeadEdit[] {
  const others = edits.filter((edit) => !isSameHead(edit, at));
  return others.length < edits.length ? others : [...others, ...zeroHeads([at])];
}
