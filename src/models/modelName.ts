/** @file What a model is called, taken apart: one reading of names for Node, browsers, the command line and the page. */
import { chosenGguf } from "./hub/hubGguf.ts";
import { hubName } from "./hub/names.ts";

/** A model of the hub. */
export interface HubModelName {
  readonly id: string;
  /** Where the tokenizer is, if the model's own repository may have none. */
  readonly tokenizer: string | null;
  /** Which GGUF of the repository; null: the only one, or other weights. */
  readonly gguf: string | null;
}

export type ModelName =
  | { readonly kind: "planted"; readonly name: string }
  | { readonly kind: "zoo"; readonly name: string }
  /** Only a path is written so. `id` is what a hub would be asked for. */
  | ({ readonly kind: "path" } & HubModelName)
  | ({ readonly kind: "hub" } & HubModelName);

/**
 * `planted:NAME`, `zoo:NAME` and `zoo:NAME@STEP`, else an id of the hub or its short name, with `:FILE.gguf` or `:Q4_K_M` behind it.
 * Whether a path of that name exists comes first, and is the caller's to ask.
 */
export function parseModelName(text: string): ModelName {
  const [, kind, name] = /^(planted|zoo):(.*)$/s.exec(text) ?? [];
  if (kind !== undefined) return { kind: kind as "planted" | "zoo", name: name! };
  const { name: typedId, gguf } = chosenGguf(text);
  const isPath = gguf === null && PATH.test(text);
  const { id = typedId, tokenizer = null } = hubName(typedId) ?? {};
  return { kind: isPath ? "path" : "hub", id, tokenizer, gguf };
}

/** As `parseModelName`, where it is known that the name is of neither the zoo nor a planted model. */
export function parseHubName(text: string): Extract<ModelName, HubModelName> {
  const model = parseModelName(text);
  if (model.kind === "planted" || model.kind === "zoo")
    throw new Error(`internal: ${text} is not a model of the hub`);
  return model;
}

const PATH = /^[./~]|\\|\.(gguf|pt|bin|safetensors|json)$/i;

/** Whether it comes with the package: such models have no revisions, no base and no map. */
export function isOfPackage(text: string): boolean {
  return ["planted", "zoo"].includes(parseModelName(text).kind);
}

/** `ID@REVISION` of a hub model apart. A name that is not a hub id is taken as it is: the steps of the zoo are `zoo:NAME@STEP`. */
export function splitRevision(text: string): {
  readonly name: string;
  readonly revision: string | undefined;
} {
  const at = text.lastIndexOf("@");
  if (at <= 0 || parseModelName(text).kind !== "hub") return { name: text, revision: undefined };
  return { name: text.slice(0, at), revision: text.slice(at + 1) || undefined };
}
