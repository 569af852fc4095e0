import { builder } from "../builder.ts";
import type { Program } from "../program.ts";

/** What `withTokenLoss` adds to a program. */
export const TOKEN_LOSS_VALUES = {
  /** Input [batch, position]: the token to predict at each position. */
  targets: "targets",
  /** [batch, position], in nats. */
  loss: "loss",
} as const;

/** Add the output `loss` = -log p(target) = logSumExp(logits) - logits[target], in nats, at every position. */
export function withTokenLoss(program: Program, vocabulary: number): Program {
  const { targets, loss } = TOKEN_LOSS_VALUES;
  const b = builder(program);
  b.input(targets, "int32", { batch: "batch", position: "position" }, { below: vocabulary });
  const all = b.op("logSumExp", ["logits"], { axis: "d_vocab" });
  b.op("sub", [all, b.op("pick", ["logits", targets], {})], {}, loss);
  return b.program([...program.outputs, loss], program.limits);
}
