/** @file `run`: any named values of a forward pass, saved as they are computed. */
import { distance } from "fastest-levenshtein";
import { globPattern } from "../../base/glob.ts";
import { InputError, throwIfAborted } from "../../base/errors.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { slice } from "../../graph/edits/slice.ts";
import { typesOf, type Program } from "../../graph/program.ts";
import type { ValueType } from "../../graph/axes.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { Feeds } from "../../base/backend.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { rowsPerRun } from "../../runtime/chunks.ts";
import { prepare } from "../../runtime/prepare.ts";
import { turn } from "../../runtime/turn.ts";
import { verifyTokens } from "../../text/patterns/verifyTokens.ts";

/** A value that a run gives, with its sizes for the rows at hand. */
export interface CapturedValue {
  readonly name: string;
  readonly axes: readonly string[];
  readonly shape: readonly number[];
}

/** Takes captured values piece by piece: `first` is the row of the batch that `values` begin with. */
export type Receiver = (
  value: CapturedValue,
  first: number,
  values: Tensor,
) => Promise<void> | void;

export interface RunOptions extends StudyOptions {
  /** Rows of token ids, all of one length, used as they are. */
  readonly tokens: readonly (readonly number[])[];
  /** Names of the values that are handed over. */
  readonly names: readonly string[];
  /** Gets each value, chunk of rows by chunk of rows. */
  readonly receive: Receiver;
  /** Told what will come, before anything runs. */
  readonly begin?: ((values: readonly CapturedValue[]) => Promise<void>) | undefined;
  /** Values of inputs that edits added, by their names. */
  readonly feeds?: Feeds | undefined;
}

/**
 * The names of a program's values that `patterns` mean: names, or globs in which `*` stands for any characters.
 *
 * Globs reach TransformerLens' hook names and `logits`; `attn.hook_result`, the largest value, only by name.
 *
 * @throws {InputError} "unknown-value" for a pattern that means nothing; near names are listed
 */
export function matchValues(program: Program, patterns: readonly string[]): string[] {
  const names = program.ops.map((op) => op.output);
  const hooks = names.filter((name) => name === "logits" || /(^|\.)hook_\w+$/.test(name));
  return [
    ...new Set(
      patterns.flatMap((pattern) => {
        const glob = globPattern(pattern);
        const found = pattern.includes("*")
          ? hooks.filter(
              (name) =>
                glob.test(name) &&
                (pattern.includes("hook_result") || !name.endsWith("hook_result")),
            )
          : names.filter((name) => name === pattern);
        if (found.length > 0) return found;
        const near = hooks
          .toSorted((a, b) => distance(a, pattern) - distance(b, pattern))
          .slice(0, 3);
        throw new InputError(
          "unknown-value",
          `the model has no value ${pattern}; near: ${near.join(", ")}`,
        );
      }),
    ),
  ];
}

/**
 * Runs the model on token rows as they are and hands over the values `names`, a few rows at a time.
 *
 * @throws {InputError} "tokens" for rows of unequal length or ids outside the vocabulary, "range" for too many positions
 */
export async function runModel(
  model: LoadedModel,
  { tokens: rows, names, receive, begin, feeds = new Map(), ...options }: RunOptions,
): Promise<void> {
  const { signal, progress } = options;
  const tokens = verifyTokens(rows, model.architecture.vocabulary);
  const [examples, length] = tokens.shape as readonly [number, number];
  if (length > model.architecture.contextLength) {
    throw new InputError(
      "range",
      `the model has ${model.architecture.contextLength} positions, got rows of ${length} tokens`,
    );
  }
  const backend = await engineFor(model, options);
  const program = slice(model.program, { outputs: names });
  const types = typesOf(program);
  const values = names.map((name) =>
    captured(name, types.get(name)!, { batch: examples, position: length }),
  );
  await model.unchanged();
  await begin?.(values);
  const perRun = rowsPerRun(program, backend, length);
  const session = await prepare(program, backend, { batch: perRun, position: length });
  try {
    for (let first = 0; first < examples; first += perRun) {
      throwIfAborted(signal);
      const count = Math.min(perRun, examples - first);
      const part = tokens.data.slice(first * length, (first + count) * length);
      const trace = await session.run(
        new Map([...feeds, ["tokens", tensor(["batch", "position"], [count, length], part)]]),
      );
      for (const value of values) await receive(value, first, trace.get(value.name)!);
      progress?.("running", first + count, examples);
      await turn();
    }
    await model.unchanged();
  } finally {
    await session.close();
  }
}

function captured(
  name: string,
  { axes }: ValueType,
  sizes: Readonly<Record<string, number>>,
): CapturedValue {
  return {
    name,
    axes: axes.map((axis) => axis.name),
    shape: axes.map(({ size }) => (typeof size === "number" ? size : sizes[size]!)),
  };
}
