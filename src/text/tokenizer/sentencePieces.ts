/**
 * @file SentencePiece's BPE: of all neighbours whose union is a piece, the union with the best score is made first, the
 * leftmost of equals. Scores are compared, not ranks of merges: runs of equal characters come out differently else.
 * Source: Kudo and Richardson 2018, and the reference implementation's bpe_model.cc.
 */

/** A vocabulary with scores. */
export interface Pieces {
  /** Id and score of what can be made by joining, or is one character. */
  readonly joinable: ReadonlyMap<
    string,
    { readonly id: number; readonly score: number; readonly unused: boolean }
  >;
  /** Ids of the 256 bytes, or null where the vocabulary lacks some of them. */
  readonly bytes: readonly number[] | null;
  readonly unknown: number;
}

interface Symbol {
  text: string;
  previous: number;
  next: number;
}

interface Join {
  readonly left: number;
  readonly right: number;
  readonly score: number;
  readonly text: string;
}

/** Ids of `text`, in which spaces are already U+2581. */
export function pieceIds(text: string, pieces: Pieces): number[] {
  const symbols = symbolsOf(text);
  const parts = new Map<string, readonly [string, string]>();
  const queue = new JoinQueue();
  const offer = (left: number, right: number) => {
    if (left < 0 || right < 0) return;
    const [first, other] = [symbols[left]!.text, symbols[right]!.text];
    const joint = pieces.joinable.get(first + other);
    if (!joint) return;
    queue.push({ left, right, score: joint.score, text: first + other });
    if (joint.unused) parts.set(first + other, [first, other]);
  };
  for (let index = 1; index < symbols.length; index++) offer(index - 1, index);
  for (let join = queue.pop(); join; join = queue.pop()) {
    const left = symbols[join.left]!;
    const right = symbols[join.right]!;
    if (left.text === "" || right.text === "" || left.text + right.text !== join.text) continue;
    left.text = join.text;
    right.text = ""; // taken
    left.next = right.next;
    if (right.next >= 0) symbols[right.next]!.previous = join.left;
    offer(left.previous, join.left);
    offer(join.left, left.next);
  }
  return fusedUnknown(
    symbols.flatMap(({ text: piece }) => (piece === "" ? [] : idsOf(piece, pieces, parts))),
    pieces,
  );
}

function symbolsOf(text: string): Symbol[] {
  const characters = [...text];
  return characters.map((character, index) => ({
    text: character,
    previous: index - 1,
    next: index + 1 < characters.length ? index + 1 : -1,
  }));
}

function idsOf(
  piece: string,
  pieces: Pieces,
  parts: ReadonlyMap<string, readonly [string, string]>,
): number[] {
  const joint = pieces.joinable.get(piece);
  const [left, right] = joint?.unused ? (parts.get(piece) ?? []) : [];
  if (left !== undefined && right !== undefined) {
    return [...idsOf(left, pieces, parts), ...idsOf(right, pieces, parts)];
  }
  if (joint) return [joint.id];
  if (pieces.bytes === null) return [pieces.unknown];
  return Array.from(new TextEncoder().encode(piece), (byte) => pieces.bytes![byte]!);
}

/** Neighbouring unknown characters are one unknown token. */
function fusedUnknown(ids: readonly number[], { unknown }: Pieces): number[] {
  return ids.filter((id, index) => id !== unknown || ids[index - 1] !== unknown);
}

/** A heap of joins: best score first, then leftmost. */
class JoinQueue {
  readonly #heap: Join[] = [];

  push(join: Join): void {
    const heap = this.#heap;
    let at = heap.push(join) - 1;
    for (
      let parent = (at - 1) >> 1;
      at > 0 && before(join, heap[parent]!);
      parent = (at - 1) >> 1
    ) {
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = join;
  }

  pop(): Join | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (child >= heap.length || !before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

const before = (first: Join, other: Join) =>
  first.score > other.score || (first.score === other.score && first.left < other.left);
