/** @file What the page's address holds: a link opens the same view of the same head of the same model. */
import { headName, type HeadEdit } from "induction-lens/browser";
import type { DeviceName } from "../engine/protocol.ts";

export const VIEWS = ["start", "learn", "heads", "attention", "surgery", "lab"] as const;
export type ViewName = (typeof VIEWS)[number];

export const THEME_NAMES = ["system", "light", "dark", "contrast"] as const;
export type ThemeName = (typeof THEME_NAMES)[number];

export const FORMS = ["matrix", "arcs", "lines"] as const;

const DEVICES: readonly DeviceName[] = ["auto", "wasm", "webgpu"];

export const TEXT_SIZES = [100, 125, 150, 200] as const;

export interface PageState {
  readonly view: ViewName;
  /** `planted:NAME`, `zoo:NAME`, `served`, `hub:NAME`, or `files:NAME` for files that the reader chose. */
  readonly model: string;
  /** `NONE.layer`: the reader has chosen no head, so it is the one that attends most like an induction head. */
  readonly layer: number;
  readonly head: number;
  /** Heads that are switched off or replaced, in the order in which that was done. */
  readonly edits: readonly HeadEdit[];
  /** The reader's own text, or token ids for a model without tokenizer; null: a generated sequence. */
  readonly text: string | null;
  /** Tokens in one copy of the generated sequence, and its seed. */
  readonly period: number;
  readonly seed: number;
  /** Position that is locked in the sequence, and where the cell is that is pinned in its row. */
  readonly token: number | null;
  readonly key: number | null;
  /** How attention is drawn. */
  readonly form: (typeof FORMS)[number];
  /** Which attention of a model of several stacks, from 0; null: that of the head with the highest score. */
  readonly part: number | null;
  /** Attention times the norm of the value. */
  readonly weighted: boolean;
  /** Attention is shown as trained, although heads are changed. */
  readonly trained: boolean;
  /** From 0. */
  readonly lesson: number;
  /** What is shown beside the model: `AS_TRAINED`, another model by its name, or null. */
  readonly beside: string | null;
  /** The lesson fills the screen, for a room. */
  readonly present: boolean;
  /** Tokens of a model without tokenizer are shown as numbers and not as words. */
  readonly ids: boolean;
  readonly device: DeviceName;
  readonly theme: ThemeName;
  /** Per cent. */
  readonly size: number;
}

/** No head is chosen. */
export const NONE = { layer: -1, head: 0 } as const;

/** Beside the model: the same without the changes. */
export const AS_TRAINED = "trained";

/** What a change of the model takes with it. */
export const NEW_MODEL = {
  ...NONE,
  edits: [],
  token: null,
  key: null,
  text: null,
  part: null,
} as const;

export const START: PageState = {
  view: "start",
  model: "zoo:attn-2l",
  ...NONE,
  edits: [],
  text: null,
  period: 16,
  seed: 0,
  token: null,
  key: null,
  form: "matrix",
  part: null,
  weighted: false,
  trained: false,
  lesson: 0,
  present: false,
  beside: null,
  ids: false,
  device: "auto",
  theme: "system",
  size: 100,
};

const MAX_PERIOD = 512;

/** The state in an address such as `#view=surgery&head=1.2&off=1.2:zero`; what it lacks or has wrong is the start's. */
export function readState(hash: string): PageState {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  const at = headIn(params.get("head") ?? "");
  return {
    view: VIEWS.find((name) => name === params.get("view")) ?? (at ? "heads" : START.view),
    model: params.get("model") || START.model,
    layer: at?.layer ?? START.layer,
    head: at?.head ?? START.head,
    edits: (params.get("off") ?? "").split(",").flatMap(editIn),
    text: params.get("text"),
    period: whole(params.get("period"), 2, MAX_PERIOD) ?? START.period,
    seed: whole(params.get("seed"), 0, 2 ** 31) ?? START.seed,
    // the served page's address has its own `token`, so the state's is `at`
    token: whole(params.get("at"), 0, 1e5),
    key: whole(params.get("key"), 0, 1e5),
    form: FORMS.find((name) => name === params.get("form")) ?? START.form,
    part: whole(params.get("part"), 0, 99) ?? START.part,
    weighted: params.get("weighted") === "true",
    trained: params.get("trained") === "true",
    lesson: whole(params.get("lesson"), 0, 4) ?? START.lesson,
    beside: params.get("beside") || null,
    present: params.get("present") === "true",
    ids: params.get("ids") === "true",
    device: DEVICES.find((name) => name === params.get("device")) ?? START.device,
    theme: THEME_NAMES.find((name) => name === params.get("theme")) ?? START.theme,
    size: TEXT_SIZES.find((size) => String(size) === params.get("size")) ?? START.size,
  };
}

/** The address of a state: what is as at the start is left out, but the view and the head. */
export function stateHash(state: PageState): string {
  const params = new URLSearchParams({ view: state.view });
  if (state.layer !== NONE.layer) params.set("head", headName(state));
  for (const key of [
    "model",
    "period",
    "seed",
    "form",
    "part",
    "weighted",
    "trained",
    "lesson",
    "present",
    "ids",
    "device",
    "theme",
    "size",
  ] as const)
    if (state[key] !== START[key]) params.set(key, String(state[key]));
  if (state.edits.length > 0) params.set("off", editsText(state.edits));
  if (state.beside !== null) params.set("beside", state.beside);
  if (state.text !== null) params.set("text", state.text);
  if (state.token !== null) params.set("at", String(state.token));
  if (state.token !== null && state.key !== null) params.set("key", String(state.key));
  return `#${plainly(params.toString())}`;
}

/** Signs that an address may have after # as they are: links stay readable. */
function plainly(query: string): string {
  return query.replace(/%(3A|2C|2F|40)/g, decodeURIComponent);
}

/** `1.2:zero`, `1.2:ideal-induction`. */
export function editText({ layer, head, kind, pattern }: HeadEdit): string {
  return `${headName({ layer, head })}:${kind}${pattern ? `-${pattern}` : ""}`;
}

/** Changes in their order, as the address has them. */
export function editsText(edits: readonly HeadEdit[]): string {
  return edits.map(editText).join();
}

/** A model's name without where it comes from: `attn-2l` of `zoo:attn-2l`. */
export function shortName(model: string): string {
  return model.replace(/^\w+:/, "");
}

const EDIT =
  /^(\d+\.\d+):(zero|mean|resample|ideal-(previousToken|induction|firstToken|currentToken))$/;

function editIn(text: string): HeadEdit[] {
  const [, name = "", kind = "", pattern] = EDIT.exec(text) ?? [];
  const at = headIn(name);
  if (!at) return [];
  return [
    pattern
      ? { ...at, kind: "ideal", pattern: pattern as NonNullable<HeadEdit["pattern"]> }
      : { ...at, kind: kind as HeadEdit["kind"] },
  ];
}

function headIn(text: string) {
  const at = /^(\d{1,4})\.(\d{1,4})$/.exec(text);
  return at && { layer: Number(at[1]), head: Number(at[2]) };
}

function whole(text: string | null, least: number, most: number): number | null {
  const value = text !== null && /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  return value >= least && value <= most ? value : null;
}
