import type { HeadAt } from "induction-lens/browser";
import type { ModelFacts } from "../engine/protocol.ts";
import { usePage } from "../page/page.ts";

/** Whether a layer is a state-space layer. */
export function isScan({ scan }: Pick<ModelFacts, "scan">, layer: number): boolean {
  return scan !== null && scan.layers.includes(layer);
}

/** What of a model that reads images too is not shown here. */
export function SeesNote() {
  const { facts } = usePage();
  if (!facts?.sees) return null;
  return (
    <p class="hint" data-sees>
      {facts.id} reads images too; here it reads text alone. What its heads make of an image:
      induction-lens image MODEL --image FILE. Drop the .json that it writes here to see it.
    </p>
  );
}

/** What stands for attention in a state-space layer; nothing in a layer that has attention. */
export function ScanNote({ layer }: Pick<HeadAt, "layer">) {
  const { facts } = usePage();
  if (!facts || !isScan(facts, layer)) return null;
  const { units } = facts.scan!;
  return (
    <p class="hint" data-scan={layer}>
      Layer {layer} is a state-space layer: it has{" "}
      {units === "channels" ? "channels in place of heads, and" : "heads, but"} no queries and keys.
      Where it “looks” is its <b>hidden attention</b>: how much each earlier token weighs in what it
      gives now, as shares of 100&nbsp;% without the sign. Nothing in the model reads these shares.
    </p>
  );
}
