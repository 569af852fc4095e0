/** @file A model that is being opened and has no numbers yet: what is known of it, and how far it is. */
import { plural } from "induction-lens/report";
import { millions } from "../parts/millions.ts";
import type { ShapeFacts } from "../engine/protocol.ts";
import { shortName } from "./address.ts";
import type { useModel, ModelState } from "./model.ts";

type OpenedModel = ReturnType<typeof useModel>;

/** Whether there is nothing to show but that the model is being opened. */
export function opensNow({ score, stacks, share }: ModelState): boolean {
  return score === null && stacks === null && share !== null;
}

/** In place of every view but the Lab. */
export function Opening({ model }: { readonly model: OpenedModel }) {
  const { name, shape, step } = model;
  return (
    <section class="opening" aria-labelledby="opening">
      <h2 id="opening">Opening {shape ? fileName(shape.id) : calledFirst(name)}</h2>
      <p class="say">{shape ? shapeWords(shape) : "Reading what its files say it is."}</p>
      <p class="now">{step}</p>
      <Progress model={model} canStop />
      <p class="hint">
        {shape
          ? "Then its heads are scored: this map fills with the first sequences."
          : "Its layers and heads come first, then its weights are read and checked, then its heads are scored."}
      </p>
      {shape && <EmptyMap shape={shape} />}
    </section>
  );
}

/** Before its files say more. */
function calledFirst(name: string): string {
  return name === "served" ? "the model that the command serves" : shortName(name);
}

/** Without the folders before it. */
function fileName(path: string): string {
  return path.startsWith("/") ? path.replace(/^.*\//s, "") : path;
}

/** How far the step is that goes on; nothing where none does. */
export function Progress({
  model: { share, left, cancel },
  canStop,
}: {
  readonly model: OpenedModel;
  readonly canStop: boolean;
}) {
  if (share === null) return null;
  return (
    <p class="ways">
      <progress aria-label="How far the work is" max={1} value={share} />
      <span class="status">
        {[`${Math.floor(100 * share)}\u00a0%`, left].filter(Boolean).join(", ")}
      </span>
      {canStop && (
        <button type="button" class="plain" onClick={cancel}>
          Stop
        </button>
      )}
    </p>
  );
}

/** In short; of models with several stacks, what these are. */
export function sizeWords(of: Pick<ShapeFacts, "stackWords" | "layers" | "heads">): string {
  return of.stackWords ?? `${plural(of.layers, "layer")} of ${plural(of.heads, "head")}`;
}

function shapeWords(shape: ShapeFacts): string {
  const { parameters, vocabulary, contextLength, family } = shape;
  return `${sizeWords(shape)}, ${millions(parameters)} parameters (${family}). It knows ${vocabulary.toLocaleString("en")} tokens and reads up to ${contextLength.toLocaleString("en")} at once.`;
}

/** Heads that a frame has room for. */
const MOST = 64;

/** The map before there are scores: a cell for each head. */
function EmptyMap({ shape: { headsByLayer } }: { readonly shape: ShapeFacts }) {
  if (Math.max(...headsByLayer) > MOST) return null;
  return (
    <div class="emptyMap" aria-hidden="true">
      {headsByLayer.map((heads, layer) => (
        <div key={layer}>
          <span>{layer}</span>
          {Array.from({ length: heads }, (_, head) => (
            <i key={head} />
          ))}
        </div>
      ))}
    </div>
  );
}
