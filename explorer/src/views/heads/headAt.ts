import type { HeadAt } from "induction-lens/browser";

/** The head of a name such as `1.0`. */
export function headAt(name: string): HeadAt {
  const [layer, head] = name.split(".").map(Number);
  return { layer: layer!, head: head! };
}
