/**
 * @file What the engine's thread can do, by the name of the question. Subjects are files: the model (`openModel`), rows of tokens
 * (`sequence`), what a run has inside (`look`), edits of heads (`cut`). Studies of the library that are asked for rarely
 * (`studies`) and training (`training`) are scripts of their own, fetched when first asked for, so that the first load stays small.
 */
import { score } from "induction-lens/browser";
import type { AnswerOptions } from "./answerOptions.ts";
import { cut, mostChanged } from "./cut.ts";
import { example } from "./example.ts";
import { examplesFor, type Held } from "./held.ts";
import { look, values } from "./look.ts";
import { inspectModel, openModel } from "./openModel.ts";
import type { Requests, RequestName } from "./protocol.ts";
import { sequence } from "./sequence.ts";

/** Scores so far are told as often as a reader can see: small models have many runs in that time. */
const TOLD_MS = 400;

function nowAndThen<Value>(tell: (value: Value) => void): (value: Value) => void {
  let last = performance.now();
  return (value) => {
    if (performance.now() - last < TOLD_MS) return;
    last = performance.now();
    tell(value);
  };
}

type Answers = {
  readonly [Name in RequestName]: (
    args: Requests[Name]["args"],
    state: Held,
    options: AnswerOptions,
  ) => Promise<Requests[Name]["answer"]>;
};

export const answers: Answers = {
  open: async ({ source, device }, state, options) => {
    const open = await openModel(source, device, options);
    state.hold(open);
    return open.facts;
  },
  inspect: (source, _, options) => inspectModel(source, options),
  prefetch: async () => {
    await import("./studies.ts");
    await import("./stacks.ts");
    await import("./training.ts");
    return {};
  },
  score: async (_, { open }, { signal, progress, givingWay, tellSoFar }) => {
    const { model, backend, facts } = open;
    progress("handing its weights to the engine", 0, 1);
    const [numExamples, soFar] = [examplesFor(facts), nowAndThen(tellSoFar)];
    return score(model, { backend: givingWay(backend), numExamples, signal, progress, soFar });
  },
  scoreStacks: async (...args) => (await import("./stacks.ts")).scoreStacksOf(...args),
  lookStacks: async (...args) => (await import("./stacks.ts")).lookStacksOf(...args),
  sequence,
  example,
  look,
  values,
  cut,
  mostChanged,
  why: async (...args) => (await import("./studies.ts")).whyOf(...args),
  attention: async (...args) => (await import("./studies.ts")).attentionOf(...args),
  verdict: async (...args) => (await import("./studies.ts")).verdictOf(...args),
  train: async (...args) => (await import("./training.ts")).trainModel(...args),
  change: async (args) => (await import("./training.ts")).changeIn(args),
};
