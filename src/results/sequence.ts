import { z } from "zod";

/** A sequence that a study shows token by token. */
export const sequenceInfo = z.object({
  tokens: z.array(z.int()),
  pieces: z.array(z.string()).describe("each token as text; its id where there is no tokenizer"),
  text: z.string().nullable().describe("the text that it was made from"),
});
export type SequenceInfo = z.infer<typeof sequenceInfo>;
