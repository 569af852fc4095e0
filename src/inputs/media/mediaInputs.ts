/** @file Image and audio files as inputs of a model, prepared as the files beside its weights say. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { faultSentences } from "../../base/faultSentences.ts";
import type { Program } from "../../graph/program.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { Numbers } from "../modelInputs.ts";
import { decodeImage } from "./decodeImage.ts";
import { imageSettings } from "./imageSettings.ts";
import { logMel } from "./logMel.ts";
import { pixelsOf } from "./pixelsOf.ts";
import { readWav, type Sound } from "./wav.ts";

/** The bytes of a file, or how they are read once it is known that the model can use them, and what to call it. */
export interface MediaFile {
  readonly name: string;
  readonly bytes: Uint8Array | (() => Promise<Uint8Array>);
}

/** A file whose bytes have been read. */
export interface ReadMedia extends MediaFile {
  readonly bytes: Uint8Array;
}

/** The file, read. */
export async function readMedia({ name, bytes }: MediaFile): Promise<ReadMedia> {
  return { name, bytes: typeof bytes === "function" ? await bytes() : bytes };
}

type Reader = Pick<
  LoadedModel,
  "program" | "seeing" | "seeingFamily" | "architecture" | "preprocessor"
>;

/**
 * PNG or JPEG files as `pixels` [image, colour, row, column], resized, cropped, scaled and normalised as the model's
 * preprocessor_config.json says. Resizing equals Pillow's bit for bit.
 *
 * @throws {InputError} "feed" for a model that does not see, "file" for a file that is not an image, "config" for a preprocessor_config.json
 *   that is missing or asks for what is not computed
 */
export async function pixelsOfImages(model: Reader, files: readonly MediaFile[]): Promise<Numbers> {
  inputOf(model.seeing ?? model.program, "pixels", "see");
  const json = (await model.preprocessor?.("image")) ?? null;
  if (json === null)
    throw new InputError(
      "config",
      "an image needs preprocessor_config.json beside the model's weights, which says how it is resized and normalised; give pixels in a .safetensors file",
    );
  const kind = model.seeingFamily ?? model.architecture.family;
  const settings = imageSettings(json, kind);
  const images = await Promise.all(
    files.map(async (file) => {
      const { bytes, name } = await readMedia(file);
      return pixelsOf(await decodeImage(bytes, name), settings);
    }),
  );
  const odd = images.findIndex(({ shape }) => shape.join() !== images[0]!.shape.join());
  if (odd > 0)
    throw new InputError(
      "feed",
      `${files[odd]!.name} becomes ${images[odd]!.shape.slice(2).join(" x ")} pixels, ${files[0]!.name} ${images[0]!.shape.slice(2).join(" x ")}: they must be alike`,
    );
  return stackRowsOf(images);
}

const soundSchema = z.looseObject({
  sampling_rate: z.int().positive().default(16000),
  n_fft: z.int().positive().multipleOf(2).default(400),
  hop_length: z.int().positive().default(160),
  feature_size: z.int().positive().optional(),
});

/**
 * WAV files as `features` [sound, mel bin, frame], by Whisper's front end; sounds end in silence up to what the model hears.
 *
 * @throws {InputError} "feed" for a model that does not hear, audio of another rate, or longer than it hears; "file" for what is no
 *   WAV, "config" for a preprocessor_config.json that does not fit
 */
export async function featuresOfAudio(
  model: Reader,
  files: readonly MediaFile[],
): Promise<Numbers> {
  const input = inputOf(model.program, "features", "hear");
  const [bins, frames] = input.axes.slice(1).map(({ size }) => Number(size)) as [number, number];
  const json = (await model.preprocessor?.("audio")) ?? {};
  const read = soundSchema.safeParse(json);
  if (!read.success)
    throw new InputError(
      "config",
      `preprocessor_config.json does not say how audio is prepared: ${faultSentences(read.error.issues, json).join("; ")}`,
    );
  const { sampling_rate: rate, n_fft: window, hop_length: hop, feature_size: own } = read.data;
  if (own !== undefined && own !== bins)
    throw new InputError(
      "config",
      `preprocessor_config.json makes ${own} mel bins, the model reads ${bins}`,
    );
  const readFiles = await Promise.all(files.map(readMedia));
  const sounds = readFiles.map(({ bytes, name }) => ({ name, ...readWav(bytes, name) }));
  for (const sound of sounds) checkSound(sound, rate, frames * hop);
  return stackRowsOf(
    sounds.map(({ samples }) => ({
      shape: [1, bins, frames],
      data: logMel(samples, { rate, window, hop, bins, frames }),
    })),
  );
}

function checkSound(sound: Sound & { readonly name: string }, rate: number, longest: number): void {
  const { name, samples } = sound;
  if (sound.rate !== rate)
    throw new InputError(
      "feed",
      `${name} has ${sound.rate} samples a second, this model hears ${rate}: resample it first, as by ffmpeg -i ${name} -ar ${rate}`,
    );
  if (samples.length <= longest) return;
  const seconds = (count: number) => `${Number((count / rate).toFixed(2))} s`;
  throw new InputError(
    "feed",
    `${name} lasts ${seconds(samples.length)}, this model hears ${seconds(longest)}: cut it first`,
  );
}

function inputOf({ inputs }: Program, name: string, verb: "see" | "hear") {
  const programInput = inputs.find((input) => input.name === name);
  if (programInput) return programInput;
  const reads = inputs.filter(({ fill }) => !fill).map((input) => input.name);
  throw new InputError(
    "feed",
    `this model does not ${verb}: it reads ${reads.join(" and ")}, not ${name}`,
  );
}

/** Arrays of one row each, one after the other. */
function stackRowsOf(rows: readonly Numbers[]): Numbers {
  const [, ...inner] = rows[0]!.shape;
  const size = rows[0]!.data.length;
  const data = new Float32Array(rows.length * size);
  rows.forEach((row, at) => data.set(row.data, at * size));
  return { shape: [rows.length, ...inner], data };
}
