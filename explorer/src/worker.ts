/** @file The engine's thread: measures the embedded model, so that the page never waits for it. */
import { ablateHeads, load, openBackend, score } from "induction-lens/browser";
import type { Message } from "./measured.ts";

const tell = (message: Message) => postMessage(message);

async function measure(): Promise<void> {
  tell({ kind: "step", words: "Loading the engine" });
  const backend = await openBackend({ device: "wasm", threads: 1 });
  const model = await load("planted:induction");
  tell({ kind: "step", words: "Scoring every head" });
  const scored = await score(model, { backend });
  tell({ kind: "step", words: "Switching heads off, one at a time" });
  const ablated = await ablateHeads(model, backend, { kind: "zero", eachHead: true });
  tell({ kind: "measured", measured: { score: scored, ablate: ablated } });
}

measure().catch((error: unknown) => {
  tell({ kind: "failed", words: error instanceof Error ? error.message : String(error) });
});
