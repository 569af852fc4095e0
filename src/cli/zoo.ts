import { relative } from "node:path";
import { readZoo, ZOO } from "../models/zoo/openZoo.ts";
import type { ZooIndex } from "../models/zoo/zooIndex.ts";
import { wrap } from "../draw/wrap.ts";

/** `zoo list`: every model of the zoo, what it is, what was found in it, and how to make it again. */
export async function zooCommand(): Promise<void> {
  const width = Math.min(100, process.stdout.columns ?? 80);
  const entries = Object.entries(await readZoo());
  process.stdout.write(entries.map((entry) => `${lines(entry, width).join("\n")}\n`).join("\n"));
}

function lines([name, model]: [string, ZooIndex[string]], width: number): string[] {
  const { about, known, scores, parameters, steps } = model;
  const recipe = `${relative(process.cwd(), ZOO)}/${name}/recipe.json`;
  const heads = (byHead: Readonly<Record<string, number>>) =>
    Object.entries(byHead)
      .map(([head, score]) => `${head} (${score.toFixed(2)})`)
      .join(", ") || "none";
  const { firstCopyLoss, secondCopyLoss } = scores;
  return [
    `zoo:${name} · ${parameters} parameters · ${steps.length} checkpoints up to step ${steps.at(-1)}`,
    ...[
      about,
      known,
      `Attend like induction heads: ${heads(scores.induction)}; to the token before: ${heads(scores.previousToken)}.`,
      `Loss of random tokens: ${firstCopyLoss.toFixed(2)} nats, of the same again: ${secondCopyLoss.toFixed(2)}.`,
      ...(steps.length > 2
        ? [`Steps: ${steps.join(", ")}; zoo:${name}@STEP is the model there.`]
        : []),
      `Again: induction-lens train RUN --recipe ${recipe}`,
    ].flatMap((text) => wrap(text, width - 2, (line) => line.length).map((line) => `  ${line}`)),
  ];
}
