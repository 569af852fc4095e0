import { plural } from "../../base/plural.ts";
import { Argument, type Command } from "commander";
import type { ZooIndex } from "../../models/zoo/zooIndex.ts";
import { defineCommand } from "../commandSpec.ts";

export const command = defineCommand({
  name: "zoo",
  description: "the models that come with the tool, and what is known about them: list",
  declare: (command: Command) =>
    command
      .addArgument(new Argument("<action>", "what to do").choices(["list"]))
      .option("--json", "print JSON and nothing else"),
  carryOut: ({ json }: { readonly json?: boolean | undefined }) => (json ? zooJson() : listZoo()),
});

/** All that the index says of each model, with the name by which commands take it. */
async function zooJson(): Promise<void> {
  const { readZoo } = await import("../../models/zoo/openZoo.ts");
  const models = Object.entries(await readZoo()).map(([name, model]) => ({
    model: `zoo:${name}`,
    ...model,
  }));
  process.stdout.write(`${JSON.stringify({ models })}\n`);
}

/** Every model of the zoo, what it is, what was found in it, and how to make it again. */
async function listZoo(): Promise<void> {
  const { relative } = await import("node:path");
  const { wrap } = await import("../../draw/wrap.ts");
  const { readZoo, ZOO } = await import("../../models/zoo/openZoo.ts");
  const width = Math.min(100, process.stdout.columns ?? 80);
  const folder = relative(process.cwd(), ZOO);
  const fit = (text: string) => wrap(text, width - 2, (line) => line.length);
  const entries = Object.entries(await readZoo()).map(([name, model]) =>
    [
      `zoo:${name} · ${model.parameters} parameters · ${plural(model.steps.length, "checkpoint")} up to step ${model.steps.at(-1)}`,
      ...sentences(name, model, folder).flatMap((text) => fit(text).map((line) => `  ${line}`)),
    ].join("\n"),
  );
  process.stdout.write(`${entries.join("\n\n")}\n`);
}

function sentences(
  name: string,
  { about, known, scores, steps, copiesAcross }: ZooIndex[string],
  folder: string,
): string[] {
  const heads = (byHead: Readonly<Record<string, number>>) =>
    Object.entries(byHead)
      .map(([head, score]) => `${head} (${score.toFixed(2)})`)
      .join(", ") || "none";
  const { firstCopyLoss, secondCopyLoss } = scores;
  return [
    about,
    known,
    ...(copiesAcross
      ? [
          `Cross heads that attend to the token which is written next: ${heads(scores.induction)}.`,
          `Loss of tokens to write where the encoder reads others: ${firstCopyLoss.toFixed(2)} nats, where it reads them: ${secondCopyLoss.toFixed(2)}.`,
        ]
      : [
          `Attend like induction heads: ${heads(scores.induction)}; to the token before: ${heads(scores.previousToken)}.`,
          `Loss of random tokens: ${firstCopyLoss.toFixed(2)} nats, of the same again: ${secondCopyLoss.toFixed(2)}.`,
        ]),
    ...(steps.length > 2
      ? [`Steps: ${steps.join(", ")}; zoo:${name}@STEP is the model there.`]
      : []),
    `Again: induction-lens train RUN --recipe ${folder}/${name}/recipe.json`,
  ];
}
