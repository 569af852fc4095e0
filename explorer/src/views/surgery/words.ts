import type { HeadEdit } from "induction-lens/browser";
import { LABELS } from "../../parts/headWords.ts";

export const KINDS = [
  { kind: "zero", name: "Zero", means: "its output (attn.hook_z) is zero" },
  { kind: "mean", name: "Mean", means: "its output is its mean over other sequences, by position" },
  { kind: "resample", name: "Resample", means: "its output is that on another sequence" },
] as const;

export const PATTERNS = ["induction", "previousToken", "firstToken", "currentToken"] as const;

/** What was done to a head, in words. */
export function editWords({ kind, pattern }: HeadEdit): string {
  if (kind !== "ideal") return KINDS.find((entry) => entry.kind === kind)!.means;
  return `it attends exactly like an ideal ${LABELS[pattern!].name} head`;
}
