/** @file The Result of `image`: where heads of a model of text attend when it is shown an image, and which carry it to the answer. */
import { z } from "zod";
import { byHead, intervalByHead, resultFooter, resultHeader } from "../../results/common.ts";

const score = z.object({
  name: z.enum(["text", "patches"]),
  title: z.string(),
  key: z.string().describe("the key whose weight is averaged over the queries"),
  uniform: z
    .number()
    .describe(
      "what attention scores that sees alike all keys up to the query, and where an image is seen both ways all of it",
    ),
  values: byHead,
  intervals: intervalByHead.describe("95 % over rows; null under 10 examples"),
  control: byHead.describe("the same entries in rows in which nothing repeats"),
});

const share = z.object({
  to: z.enum(["image", "text", "bos"]),
  uniform: z.number(),
  values: byHead,
});

const token = z.object({ id: z.int(), piece: z.string() });

const effects = z.object({
  harm: byHead.describe(
    "clean - the metric with what the head gives beside the other image, at the text after the image: resample ablation",
  ),
  restored: byHead.describe(
    "the metric beside the other image with what the head gives beside the image, at the text after it, - other: patching",
  ),
  cut: byHead.describe(
    "clean - the metric without the head's attention from the text to the image, the rest as it was",
  ),
});

export const imageResult = z.object({
  schema: z.literal("induction-lens/image@1"),
  ...resultHeader,
  image: z.object({
    vectors: z.int().describe("places of an image in a row"),
    before: z.int().describe("of these, vectors of no patch in front"),
    side: z.int().describe("the others are side x side, row by row"),
    first: z.int().describe("place of the first in the row of `answer`"),
    source: z.string().describe("a file, or noise"),
    otherSource: z.string(),
    thumbnail: z
      .object({ width: z.int(), height: z.int(), png: z.string().describe("base64") })
      .describe("what the model reads, its colours stretched to the full range"),
  }),
  induction: z.array(score),
  shares: z
    .array(share)
    .describe("of attention from the text after the image, mean over its tokens; they sum to 1"),
  answer: z.object({
    tokens: z.array(z.int()).describe("the row; the answer is read at its end"),
    answer: token.describe("asked for, or what the model says beside the image"),
    foil: token.nullable().describe("asked for, or what it says beside the other image"),
    metric: z.enum(["logit-difference", "log-probability"]),
    clean: z.number().describe("beside the image, in logits or nats"),
    other: z.number().describe("beside the other image"),
    ...effects.shape,
  }),
  top: z
    .array(
      z.object({
        layer: z.int(),
        head: z.int(),
        ...{ cut: z.number(), harm: z.number(), restored: z.number(), image: z.number() },
        patches: z
          .array(z.number())
          .describe("attention from the end of the row to each vector of the image"),
      }),
    )
    .describe("heads with the largest effects: by the larger of cut and restored"),
  verdictInWords: z.string(),
  ...resultFooter,
});

export type ImageResult = z.infer<typeof imageResult>;
