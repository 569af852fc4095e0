/** @file Configurations that name code of their own (`auto_map`), which is never run here. */
import { InputError } from "../../base/errors.ts";
import { shownValue } from "../../base/faultSentences.ts";

/** Entries that are about text or pictures, not about what the model computes. */
const BESIDE = /^Auto(Tokenizer|Processor|ImageProcessor|VideoProcessor|FeatureExtractor)$/;

/**
 * What to tell of a configuration whose model has code of its own, which may compute something else than the architecture
 * that it declares; null where it names none.
 *
 * @param trusted whether the user says that the declared architecture holds
 * @throws {InputError} "config" unless `trusted`
 */
export function ownCodeNotice(
  config: Readonly<Record<string, unknown>>,
  trusted: boolean,
): string | null {
  const code = ownCodeIn(config["auto_map"]);
  if (code.length === 0) return null;
  const statement = `config.json names code of its own (auto_map: ${code.join(", ")})`;
  const declared = config["model_type"];
  const type = typeof declared === "string" ? declared : "its text model";
  if (trusted)
    return `${statement}; it is not run, and the model is computed as ${type}, which model_type declares`;
  throw new InputError(
    "config",
    `${statement}, which is never run here and may compute something else than ${type}; if ${type} is what the weights were made for, say so with --trust-architecture (trustArchitecture: true)`,
    { option: "trustArchitecture" },
  );
}

function ownCodeIn(map: unknown): string[] {
  if (map === undefined || map === null) return [];
  if (typeof map !== "object") return [shownValue(map)];
  return Object.entries(map)
    .filter(([name]) => !BESIDE.test(name))
    .slice(0, 4)
    .map(
      ([name, code]) =>
        `${name.slice(0, 80)} ${typeof code === "string" ? code.slice(0, 80) : shownValue(code)}`,
    );
}
