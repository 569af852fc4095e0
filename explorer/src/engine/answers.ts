/**
 * @file What the engine's thread can do, by the name of the question. Subjects are files: the model (`openModel`), rows of tokens
 * (`sequence`), what a run has inside (`look`), edits of heads (`cut`). Studies of the library that are asked for rarely
 * (`studies`) and training (`training`) are scripts of their own, fetched when first asked for, so that the first load stays small.
 */
import { score } from "induction-lens/browser";
import type { AnswerOptions } from "./answerOptions.ts";
import { cut } from "./cut.ts";
import { example } from "./example.ts";
import type { Held } from "./held.ts";
import { look, values } from "./look.ts";
import { inspectModel, openModel } from "./openModel.ts";
import type { Requests, RequestName } from "./protocol.ts";
import { sequence } from "./sequence.ts";

type Answers = {
  readonly [Name in RequestName]: (
    args: Requests[Name]["args"],
    state: Held,
    options: AnswerOptions,
  ) => Promise<Requests[Name]["answer"]>;
};

/** Sequences that are scored: as many as the command line takes, or as many as a reader waits for. */
const EXAMPLES = 100;
const PATIENT_OPERATIONS = 4e11;

export const answers: Answers = {
  open: async (source, state, options) => {
    const open = await openModel(source, options);
    state.hold(open);
    return open.facts;
  },
  inspect: (source, _, options) => inspectModel(source, options),
  prefetch: async () => {
    await import("./studies.ts");
    await import("./training.ts");
    return {};
  },
  score: async (_, { open }, { signal, progress, givingWay }) => {
    const { model, backend, facts } = open;
    const affordable = Math.floor(PATIENT_OPERATIONS / (facts.parameters * 65));
    const numExamples = Math.min(EXAMPLES, Math.max(10, affordable));
    return score(model, { backend: givingWay(backend), numExamples, signal, progress });
  },
  sequence,
  example,
  look,
  values,
  cut,
  why: async (...args) => (await import("./studies.ts")).whyOf(...args),
  attention: async (...args) => (await import("./studies.ts")).attentionOf(...args),
  verdict: async (...args) => (await import("./studies.ts")).verdictOf(...args),
  train: async (...args) => (await import("./training.ts")).trainModel(...args),
  change: async (args) => (await import("./training.ts")).changeIn(args),
};
