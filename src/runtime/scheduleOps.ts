import type { Op } from "../graph/ops.ts";
import type { Program } from "../graph/program.ts";

/**
 * The same operations in an order that keeps little alive: one that can run, and makes no more than what nobody reads after it,
 * runs at once. So what an edit added at the end, such as scores that reduce patterns, is computed where the patterns are.
 *
 * @param bytesOf the size of a value
 */
export function scheduleOps(program: Program, bytesOf: (value: string) => number): Program {
  const visits = new Set<string>();
  const producers = new Map(program.ops.map((op) => [op.output, op]));
  const waiting = readersOf(program);
  const outputs = new Set(program.outputs);
  const ops: Op[] = [];
  const isLastReader = (name: string, op: Op) =>
    producers.has(name) &&
    !outputs.has(name) &&
    [...waiting.get(name)!].every((reader) => reader === op);
  const isReady = (op: Op) =>
    !visits.has(op.output) && op.inputs.every((name) => !producers.has(name) || visits.has(name));
  const freesWhatItTakes = (op: Op) => {
    const freed = [...new Set(op.inputs)].filter((name) => isLastReader(name, op));
    const bytes = freed.reduce((sum, name) => sum + bytesOf(name), 0);
    return freed.length > 0 && bytesOf(op.output) <= bytes;
  };
  const run = (first: Op) => {
    const next = [first];
    for (let op = next.pop(); op; op = next.pop()) {
      if (visits.has(op.output)) continue;
      ops.push(op);
      visits.add(op.output);
      for (const name of op.inputs) waiting.get(name)?.delete(op);
      const near = [op.output, ...op.inputs.filter((name) => producers.has(name))];
      const able = near.flatMap((name) => [...(waiting.get(name) ?? [])]).filter(isReady);
      next.push(...able.filter(freesWhatItTakes).toReversed());
    }
  };
  for (const op of program.ops) if (!visits.has(op.output)) run(op);
  return { ...program, ops };
}

function readersOf({ ops }: Program): Map<string, Set<Op>> {
  const readers = new Map<string, Set<Op>>();
  for (const op of ops) {
    for (const name of op.inputs) {
      if (!readers.has(name)) readers.set(name, new Set());
      readers.get(name)!.add(op);
    }
  }
  return readers;
}
