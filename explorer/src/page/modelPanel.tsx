import { NEW_MODEL, shortName } from "./address.ts";
import { BesideChoice } from "./beside.tsx";
import { Bring, BringButton, useDrop } from "./bring.tsx";
import { ABOUT, EMBEDDED } from "./embeddedModels.ts";
import type { ModelFacts } from "../engine/protocol.ts";
import type { ModelState } from "./model.ts";
import { millions } from "../parts/millions.ts";
import { Chips } from "./chips.tsx";
import { useFold } from "../parts/useFold.ts";
import { opensNow, Progress, sizeWords } from "./opening.tsx";
import { usePage } from "./page.ts";

interface Props {
  readonly model: ModelState & { readonly cancel: () => void };
  /** Fetches a model of the hub, by its id or a short name. */
  readonly fetchFromHub: (name: string) => void;
  readonly mayFetch: boolean;
  /** The model of the address: another than the open one while a verdict on that is made. */
  readonly wantedModel: string;
  /** Gives the other one up, and goes on as before. */
  readonly stay: () => void;
  /** Why files that the reader gave were not opened; null: they were. */
  readonly refusal: string | null;
  /** The reader has read it. */
  readonly forgive: () => void;
  /** Opens the model, which has code of its own, as the architecture that it declares. */
  readonly trust: () => void;
}

/** Which model it is, how far its measuring is, and where others come from. */
export function ModelPanel({ model, wantedModel, stay, ...rest }: Props) {
  const { refusal, forgive, fetchFromHub, mayFetch, trust } = rest;
  const { state, open } = usePage();
  const about = useFold();
  const over = useDrop(open);
  const isEmbedded = EMBEDDED.includes(state.model);
  const { facts } = model;
  const isOpening = opensNow(model);
  const isForgotten = model.failed && !facts && !model.score && state.model.startsWith("files:");
  return (
    <div class="model">
      <ModelChoice openName={facts?.id ?? model.shape?.id} />
      <BringButton fetchFromHub={fetchFromHub} />
      <BesideChoice />
      {facts && (
        <button
          type="button"
          class="sort"
          aria-label={`${sizeWords(facts)}: about this model and what computes it`}
          {...about.button}
        >
          {sizeWords(facts)}
        </button>
      )}
      <p class="status" role="status">
        {model.status}
      </p>
      {refusal && <Refusal {...{ refusal, forgive }} stillOpen={facts?.id} />}
      {wantedModel !== state.model && <WantsOther {...{ wantedModel, stay }} />}
      {isOpening || <Progress model={model} canStop={!isEmbedded} />}
      <Work {...{ model, isEmbedded, mayFetch, fetchFromHub, trust }} />
      <Chips />
      {facts && (
        <div class="about" hidden={!about.open} {...about.box}>
          <About name={state.model} facts={facts} />
        </div>
      )}
      {isForgotten && (
        <div class="bring">
          <Bring fetchFromHub={fetchFromHub} />
        </div>
      )}
      {over && <p class="bring over">Drop the model or the Result anywhere on this page.</p>}
    </div>
  );
}

/** The models that come with the page, and the open one. */
function ModelChoice({ openName }: { readonly openName: string | undefined }) {
  const { state, change } = usePage();
  return (
    <label>
      Model{" "}
      <select
        value={state.model}
        onChange={(event) => change({ model: event.currentTarget.value, ...NEW_MODEL }, "new")}
      >
        {EMBEDDED.map((name) => (
          <option key={name}>{name}</option>
        ))}
        {!EMBEDDED.includes(state.model) && (
          <option value={state.model}>{openName ?? shortName(state.model)}</option>
        )}
      </select>
    </label>
  );
}

interface RefusalProps extends Pick<Props, "forgive"> {
  readonly refusal: string;
  readonly stillOpen: string | undefined;
}

/** Why files that the reader gave were not opened. */
function Refusal({ refusal, forgive, stillOpen }: RefusalProps) {
  return (
    <p role="alert">
      {refusal} {stillOpen && `${stillOpen} is still open.`}{" "}
      <button type="button" class="plain small" onClick={forgive}>
        Close
      </button>
    </p>
  );
}

interface WorkProps extends Pick<Props, "model" | "mayFetch" | "fetchFromHub" | "trust"> {
  /** The model comes with the page. */
  readonly isEmbedded: boolean;
}

/** What the reader can do about a model that is not there. */
function Work({ model, isEmbedded, mayFetch, fetchFromHub, trust }: WorkProps) {
  const { state, change } = usePage();
  const [, hubModel] = /^hub:(.+)/s.exec(state.model) ?? [];
  return (
    <>
      {hubModel !== undefined && !mayFetch && (
        <button type="button" onClick={() => fetchFromHub(hubModel)}>
          Fetch {hubModel}
        </button>
      )}
      {model.needsTrust && (
        <button type="button" onClick={trust}>
          The declared architecture holds: open it
        </button>
      )}
      {model.failed && !isEmbedded && (
        <button
          type="button"
          class="plain"
          onClick={() => change({ model: EMBEDDED[0]!, ...NEW_MODEL }, "new")}
        >
          Back to {EMBEDDED[0]}
        </button>
      )}
    </>
  );
}

/** Another model was asked for while a verdict is made: the reader says whether that ends. */
function WantsOther({ wantedModel, stay }: Pick<Props, "wantedModel" | "stay">) {
  const { state, verdict } = usePage();
  return (
    <p class="ways" role="alert">
      <span>
        Opening {shortName(wantedModel)} ends the verdict on {shortName(state.model)}, which is
        being made.
      </span>
      <button type="button" class="plain" onClick={stay}>
        Stay
      </button>
      <button type="button" class="plain" onClick={verdict.stop}>
        End it and open the other
      </button>
    </p>
  );
}

/** What the model is, and what computes it. */
function About({ name: model, facts }: { readonly name: string; readonly facts: ModelFacts }) {
  return (
    <>
      {ABOUT.has(model) && <p>{ABOUT.get(model)}</p>}
      <p>
        {millions(facts.parameters)} parameters, {tokenizerWords(facts)}
      </p>
      <p data-engine={facts.engine}>
        Runs on {facts.engine}: {facts.why}.
      </p>
    </>
  );
}

function tokenizerWords({ tokenizer, tokenizerFault }: ModelFacts): string {
  if (tokenizer) return `tokenizer: ${tokenizer}`;
  if (tokenizerFault) return `its tokenizer cannot be read (${tokenizerFault}): token ids`;
  return "no tokenizer: token ids";
}
