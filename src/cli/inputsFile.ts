/**
 * @file The file of `run --inputs`: what a model of any kind reads, as JSON. Arrays lie in safetensors files that it names; images and
 * audio may be named too, and are prepared once the model is known.
 */
import { dirname, extname, resolve } from "node:path";
import { closest } from "fastest-levenshtein";
import { InputError } from "../base/errors.ts";
import { someOf } from "../base/someOf.ts";
import { isObject } from "../base/isObject.ts";
import { fileSource } from "../formats/file.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { readTensor } from "../formats/readTensor.ts";
import type { LoadedModel } from "../models/loadedModel.ts";
import { INPUT_NAMES, type IdRows, type ModelInputs, type Numbers } from "../inputs/modelInputs.ts";
import { jsonIn } from "./jsonFile.ts";
import { mediaFileAt } from "./userFile.ts";

/** Keys of files that hold rows for other commands too. */
const PASSED_OVER = ["period", "bos", "image_token"];
const ARRAYS = ["features", "pixels"];

/** Files of people, by what they become. */
const MEDIA = { pixels: /\.(png|jpe?g)$/i, features: /\.wav$/i } as const;
const WORDS = { pixels: "a .png or .jpg file", features: "a .wav file" } as const;

const FORM =
  '{"tokens": [[...]]}, {"encoder": [[...]], "decoder": [[...]]}, and beside them "pixels": "x.png", "features": "x.wav", or either as {"file": "x.safetensors", "tensor": "pixels"}';

/** What a file hands to a model that is not open yet. */
export type InputsFor = (model: LoadedModel) => Promise<ModelInputs>;

/**
 * What the file at `path` hands to a model; files that it names are found from its own folder.
 *
 * @returns what to do once the model is open; all that needs no model is checked before
 * @throws {InputError} "file" for a file that cannot be read, "tokens" for one of another form, "feed" for a tensor that is not
 *   there
 */
export async function readInputs(path: string): Promise<InputsFor> {
  const parts: [string, IdRows | Numbers | ((model: LoadedModel) => Promise<Numbers>)][] = [];
  for (const [key, value] of Object.entries(await readObject(path))) {
    if (PASSED_OVER.includes(key)) continue;
    if (!INPUT_NAMES.some((name) => name === key))
      throw new InputError(
        "tokens",
        `${path} has ${key}, which no model reads, did you mean ${closest(key, INPUT_NAMES)} (known: ${INPUT_NAMES.join(", ")})`,
      );
    parts.push([
      key,
      ARRAYS.includes(key) ? await arrayOf(path, key, value) : rowsOf(path, key, value),
    ]);
  }
  return async (model) => {
    const entries = parts.map(async ([key, value]) => {
      return [key, typeof value === "function" ? await value(model) : value] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };
}

async function readObject(path: string): Promise<object> {
  const value = await jsonIn(path);
  if (isObject(value)) return value;
  throw new InputError("tokens", `${path} needs ${FORM}`);
}

function rowsOf(path: string, key: string, value: unknown): IdRows {
  const isRows =
    Array.isArray(value) &&
    value.every((row) => Array.isArray(row) && row.every((id) => typeof id === "number"));
  if (isRows) return value as IdRows;
  throw new InputError("tokens", `${path} needs rows of ids [[...]] in ${key}`);
}

async function arrayOf(
  path: string,
  key: string,
  value: unknown,
): Promise<Numbers | ((model: LoadedModel) => Promise<Numbers>)> {
  const kind = key as keyof typeof MEDIA;
  const media = mediaOf(value, MEDIA[kind]);
  if (media) return mediaAt(kind, dirname(path), media);
  const { file, tensor = key } = placeOf(value);
  if (typeof file !== "string" || typeof tensor !== "string")
    throw new InputError(
      "tokens",
      `${path} needs {"file": "x.safetensors", "tensor": "${key}"} in ${key}`,
    );
  const from = resolve(dirname(path), file);
  if (extname(from).toLowerCase() !== ".safetensors")
    throw new InputError(
      "file",
      `${key} must be ${WORDS[kind]}, or lie in a .safetensors file, got ${file}`,
    );
  return tensorIn(from, tensor);
}

function placeOf(value: unknown): { readonly file?: unknown; readonly tensor?: unknown } {
  if (typeof value === "string") return { file: value };
  return typeof value === "object" && value !== null ? value : {};
}

/** Names of images or of audio, one for each row; null for anything else. */
function mediaOf(value: unknown, ending: RegExp): readonly string[] | null {
  const names = Array.isArray(value) ? (value as unknown[]) : [placeOf(value).file];
  const fits =
    names.length > 0 && names.every((name) => typeof name === "string" && ending.test(name));
  return fits ? (names as string[]) : null;
}

/** What the files become once the model is known; they are read when it can use them. */
function mediaAt(key: keyof typeof MEDIA, folder: string, names: readonly string[]) {
  const files = names.map((name) => ({ ...mediaFileAt(resolve(folder, name)), name }));
  return async (model: LoadedModel) => {
    const { featuresOfAudio, pixelsOfImages } = await import("../inputs/media/mediaInputs.ts");
    return key === "pixels" ? pixelsOfImages(model, files) : featuresOfAudio(model, files);
  };
}

/** One tensor of a safetensors file. */
async function tensorIn(path: string, name: string): Promise<Numbers> {
  const source = await fileSource(path);
  try {
    const { weights, unsupported } = await readSafetensors(source);
    const stored = weights.get(name);
    if (stored) return { shape: stored.shape, data: await readTensor(stored) };
    const dtype = unsupported.get(name);
    throw new InputError(
      "feed",
      dtype === undefined
        ? `${path} has no tensor ${name}; it has ${someOf([...weights.keys()], ", ", 8) || "none"}`
        : `${path} needs F32, F16 or BF16 in ${name}, has ${dtype}`,
    );
  } finally {
    await source.close();
  }
}
