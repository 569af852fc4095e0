import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { NEW_MODEL, shortName } from "./address.ts";
import { BesideChoice } from "./beside.tsx";
import { ABOUT, EMBEDDED } from "./embeddedModels.ts";
import type { ModelFacts } from "../engine/protocol.ts";
import { chosenFiles, droppedFiles } from "./files.ts";
import type { ModelState } from "./model.ts";
import { millions } from "../parts/millions.ts";
import { Chips } from "./chips.tsx";
import { useFold } from "../parts/useFold.ts";
import { opensNow, Progress, sizeWords } from "./opening.tsx";
import { usePage, type Page } from "./page.ts";

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
  const bringing = useFold();
  const about = useFold();
  const over = useDrop(open);
  const isEmbedded = EMBEDDED.includes(state.model);
  const { facts } = model;
  const isOpening = opensNow(model);
  const isForgotten = model.failed && !facts && !model.score && state.model.startsWith("files:");
  const [shownFor, showFor] = useState(state.model);
  if (shownFor !== state.model) {
    showFor(state.model);
    bringing.show(false); // the model is there: what opened it has done its work
  }
  return (
    <div class="model">
      <ModelChoice openName={facts?.id ?? model.shape?.id} />
      <button type="button" class="plain" {...bringing.button}>
        Open a model …
      </button>
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
      {(bringing.open || over || isForgotten) && (
        <div
          class={bringClass({ over, isFloating: !bringing.open && !isForgotten })}
          {...bringing.box}
        >
          <Bring choose={open} fetchFromHub={fetchFromHub} />
        </div>
      )}
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

interface BringLook {
  /** Something is being dragged over the page. */
  readonly over: boolean;
  /** It lies over the page, so that nothing moves under the pointer. */
  readonly isFloating: boolean;
}

function bringClass({ over, isFloating }: BringLook): string {
  return `bring${over ? " over" : ""}${isFloating ? " floating" : ""}`;
}

interface BringProps extends Pick<Props, "fetchFromHub"> {
  readonly choose: Page["open"];
}

function Bring({ choose, fetchFromHub }: BringProps) {
  const [name, write] = useState("");
  const take = (event: Event) => {
    const list = [...((event.currentTarget as HTMLInputElement).files ?? [])];
    void chosenFiles(list).then((files) => files && choose(files));
  };
  return (
    <>
      <p>
        Drop a model anywhere on the page, or choose it: a folder with config.json and safetensors,
        a GGUF file, or nanoGPT's ckpt.pt (with meta.pkl beside it). It stays on this machine. A
        Result that the command line wrote (.json, of any study) is shown above the view.
      </p>
      <label>
        Files <input type="file" multiple onChange={take} />
      </label>
      <label>
        Folder <input type="file" ref={asFolder} onChange={take} />
      </label>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") fetchFromHub(name.trim());
        }}
      >
        <label>
          Or the name of a model of the hub, huggingface.co{" "}
          <input
            type="text"
            placeholder="EleutherAI/pythia-70m"
            value={name}
            onInput={(event) => write(event.currentTarget.value)}
          />
        </label>{" "}
        <button type="submit">Fetch it</button>
      </form>
    </>
  );
}

function asFolder(input: HTMLInputElement | null) {
  if (input) input.webkitdirectory = true;
}

/** Whether something is being dragged over the page. Dropped files are opened. */
function useDrop(choose: Page["open"]): boolean {
  const [over, set] = useState(false);
  const latest = useRef(choose);
  useLayoutEffect(() => {
    latest.current = choose;
  });
  useEffect(() => {
    const enter = (event: DragEvent) => {
      event.preventDefault();
      set(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && set(false);
    const drop = (event: DragEvent) => {
      event.preventDefault();
      set(false);
      if (event.dataTransfer)
        void droppedFiles(event.dataTransfer).then((files) => files && latest.current(files));
    };
    addEventListener("dragenter", enter);
    addEventListener("dragover", enter);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragenter", enter);
      removeEventListener("dragover", enter);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  return over;
}

function tokenizerWords({ tokenizer, tokenizerFault }: ModelFacts): string {
  if (tokenizer) return `tokenizer: ${tokenizer}`;
  if (tokenizerFault) return `its tokenizer cannot be read (${tokenizerFault}): token ids`;
  return "no tokenizer: token ids";
}
