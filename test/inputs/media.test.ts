/** @file Images and audio by path, against what transformers makes of the same files (tools/make_media_fixtures.py). */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readInputs } from "../../src/cli/inputsFile.ts";
import { mediaFileAt } from "../../src/cli/userFile.ts";
import { decodeImage } from "../../src/inputs/media/decodeImage.ts";
import { imageSettings } from "../../src/inputs/media/imageSettings.ts";
import { logMel } from "../../src/inputs/media/logMel.ts";
import { featuresOfAudio, pixelsOfImages } from "../../src/inputs/media/mediaInputs.ts";
import { orientationOf, turnUpright } from "../../src/inputs/media/orientation.ts";
import { pixelsOf } from "../../src/inputs/media/pixelsOf.ts";
import { readWav } from "../../src/inputs/media/wav.ts";
import type { Numbers } from "../../src/inputs/modelInputs.ts";
import { openModel } from "../../src/models/open.ts";
import { ablate } from "../../src/studies/ablate/ablate.ts";
import { image } from "../../src/studies/image/image.ts";
import { openFolder } from "../../src/models/folder.ts";
import { runWithCache } from "../../src/studies/run/runWithCache.ts";
import { oneEngine } from "../interventions/engine.ts";
import { readAll, shared, unlessShared } from "../shared.ts";

const FOLDER = join(import.meta.dirname, "../fixtures/media");
const bytesOf = (name: string) => new Uint8Array(readFileSync(join(FOLDER, name)));
const file = (name: string) => ({ name, bytes: bytesOf(name) });
const expected = await readAll(join(FOLDER, "expected.safetensors"));
const processors = JSON.parse(readFileSync(join(FOLDER, "processors.json"), "utf8")) as Record<
  string,
  Record<string, unknown>
>;

const largest = (got: Float32Array, want: Float32Array) =>
  got.reduce((most, value, at) => Math.max(most, Math.abs(value - want[at]!)), 0);

/** PNG loses nothing, and resizing is Pillow's bit for bit. A JPEG decoder may round otherwise: so many of 255 levels. */
const LEVELS: Readonly<Record<string, number>> = {
  "photo.jpg": 3,
  "grey.jpg": 1,
  "progressive.jpg": 6, // colours at half the resolution are spread by other filters
};

const cases = [...expected].filter(([name]) => /\.(png|jpg)$/.test(name));
test.each(cases.map(([name, want]) => [name, want] as const))(
  "%s becomes the pixels of the reference",
  async (name, want) => {
    const [kind, picture] = name.split(" ") as [string, string];
    const settings = imageSettings(processors[kind]!, "unknown");
    const got = pixelsOf(await decodeImage(bytesOf(picture), picture), settings);
    expect(got.shape).toEqual(want.shape);
    const level = settings.factor / Math.min(...(settings.normalise?.deviation ?? [1]));
    expect(largest(got.data, want.data)).toBeLessThan(
      1e-5 * Math.max(1, level) + (LEVELS[picture] ?? 0) * 1.3 * level,
    );
  },
);

test.each([8, 80])("a sound becomes the %i mel bins of the reference", (bins) => {
  const { rate, samples } = readWav(bytesOf("tone.wav"), "tone.wav");
  const want = expected.get(`features ${bins}`)!;
  const got = logMel(samples, { rate, window: 400, hop: 160, bins, frames: want.shape[2]! });
  expect(largest(got, want.data)).toBeLessThan(1e-5);
});

/** What Pillow's ImageOps.exif_transpose makes of the rows [1, 2, 3] and [4, 5, 6]. */
const UPRIGHT = [
  [
    [1, 2, 3],
    [4, 5, 6],
  ],
  [
    [3, 2, 1],
    [6, 5, 4],
  ],
  [
    [6, 5, 4],
    [3, 2, 1],
  ],
  [
    [4, 5, 6],
    [1, 2, 3],
  ],
  [
    [1, 4],
    [2, 5],
    [3, 6],
  ],
  [
    [4, 1],
    [5, 2],
    [6, 3],
  ],
  [
    [6, 3],
    [5, 2],
    [4, 1],
  ],
  [
    [3, 6],
    [2, 5],
    [1, 4],
  ],
];

test("a photograph is turned as the camera was held", () => {
  const exif = (orientation: number, little: boolean, size = 30) => {
    const tiff = new DataView(new ArrayBuffer(22));
    tiff.setUint16(0, little ? 0x4949 : 0x4d4d);
    tiff.setUint32(4, 8, little);
    tiff.setUint16(8, 1, little);
    tiff.setUint16(10, 0x112, little);
    tiff.setUint16(18, orientation, little);
    const marker = [0xff, 0xd8, 0xff, 0xe1, 0, size, ...new TextEncoder().encode("Exif"), 0, 0];
    return new Uint8Array([...marker, ...new Uint8Array(tiff.buffer), 0xff, 0xda]);
  };
  const data = Uint8Array.from([1, 2, 3, 4, 5, 6].flatMap((value) => [value, value, value]));
  UPRIGHT.forEach((rows, index) => {
    for (const little of [false, true]) {
      const upright = turnUpright(
        { width: 3, height: 2, data },
        orientationOf(exif(index + 1, little)),
      );
      expect([upright.height, upright.width]).toEqual([rows.length, rows[0]!.length]);
      expect([...upright.data].filter((_, at) => at % 3 === 0)).toEqual(rows.flat());
    }
  });
  for (let length = 0; length < 36; length++) orientationOf(exif(6, true).subarray(0, length)); // a cut one says nothing
  for (let size = 0; size < 40; size++) orientationOf(exif(6, true, size)); // nor does one of a wrong size
  expect(orientationOf(bytesOf("photo.jpg"))).toBe(1);
});

describe("WAV", () => {
  const wav = (format: number, bits: number, channels: number, data: readonly number[]) => {
    const bytes = new Uint8Array(44 + data.length);
    const view = new DataView(bytes.buffer);
    bytes.set(
      [..."RIFF"].map((letter) => letter.charCodeAt(0)),
      0,
    );
    bytes.set(
      [..."WAVEfmt "].map((letter) => letter.charCodeAt(0)),
      8,
    );
    view.setUint32(16, 16, true);
    view.setUint16(20, format, true);
    view.setUint16(22, channels, true);
    view.setUint32(24, 16000, true);
    view.setUint16(34, bits, true);
    bytes.set(
      [..."data"].map((letter) => letter.charCodeAt(0)),
      36,
    );
    view.setUint32(40, data.length, true);
    bytes.set(data, 44);
    return bytes;
  };

  test("has samples of 8, 16, 24 and 32 bits and floats, between -1 and 1", () => {
    const samplesOf = (...bytes: Parameters<typeof wav>) => [
      ...readWav(wav(...bytes), "a").samples,
    ];
    expect(samplesOf(1, 8, 1, [0, 128, 192])).toEqual([-1, 0, 0.5]);
    expect(samplesOf(1, 16, 1, [0, 0x40, 0, 0x80])).toEqual([0.5, -1]);
    expect(samplesOf(1, 24, 1, [0, 0, 0x40, 0, 0, 0xc0])).toEqual([0.5, -0.5]);
    expect(samplesOf(1, 32, 1, [0, 0, 0, 0x40])).toEqual([0.5]);
    expect(samplesOf(3, 32, 1, [0, 0, 0x80, 0x3e])).toEqual([0.25]);
    expect(samplesOf(1, 16, 2, [0, 0x40, 0, 0])).toEqual([0.25]); // the mean of both channels
    const stream = wav(1, 16, 1, [0, 0x40]);
    stream.fill(0xff, 40, 44); // its size was not known when it began
    expect([...readWav(stream, "a").samples]).toEqual([0.5]);
  });

  test.each([
    [new Uint8Array([1, 2, 3]), "a.wav is not audio that is read here: it is not a WAV file"],
    [wav(1, 16, 1, []), "a.wav has no samples"],
    [
      wav(1, 16, 1, [1, 2, 3, 4]).subarray(0, 46),
      "a.wav is not a whole WAV file: it announces 4 bytes of samples and has 2",
    ],
    [wav(1, 16, 1, [1, 2]).subarray(0, 30), "a.wav is not a whole WAV file: it has no samples"],
    [
      wav(85, 16, 1, [1, 2]),
      "a.wav needs samples of 8, 16, 24 or 32 bits or floats, has format 85",
    ],
  ])("that is none is refused: %#", (bytes, message) => {
    expect(() => readWav(bytes, "a.wav")).toThrow(message);
  });
});

test("what is no image is refused by its name", async () => {
  const refuse = (bytes: Uint8Array, message: string) =>
    expect(decodeImage(bytes, "a.png")).rejects.toThrow(message);
  await refuse(new TextEncoder().encode("GIF89a"), "a.png is not an image that is read here");
  await refuse(bytesOf("colour.png").subarray(0, 200), "a.png is not a whole PNG file");
  await refuse(bytesOf("colour.png").subarray(0, 20), "a.png is not a whole PNG file");
  await refuse(bytesOf("photo.jpg").subarray(0, 200), "a.png is not a whole JPEG file");
});

test("settings that are not computed are refused, and a number as size means what it means to the class", () => {
  const half = { image_processor_type: "ViTImageProcessor", size: 20 };
  expect(imageSettings(half, "x").resize?.size).toEqual({ width: 20, height: 20 });
  expect(imageSettings({ size: 20 }, "clip").resize?.size).toEqual({ shortest: 20 });
  expect(imageSettings({ feature_extractor_type: "CLIPFeatureExtractor" }, "x").crop).toEqual({
    width: 224,
    height: 224,
  });
  expect(() => imageSettings({ image_processor_type: "PixtralImageProcessor" }, "x")).toThrow(
    "names PixtralImageProcessor; give pixels in a .safetensors file",
  );
  expect(() => imageSettings({ ...half, size: { longest_edge: 5 } }, "x")).toThrow(
    "preprocessor_config.json does not say how images are prepared",
  );
});

const backend = await oneEngine();

/** A folder with the files of another, and more. */
function folderWith(from: string, more: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), "media-"));
  cpSync(from, folder, { recursive: true });
  for (const [name, value] of Object.entries(more))
    writeFileSync(join(folder, name), JSON.stringify(value));
  return folder;
}

describe("a model that sees", () => {
  const from = join(import.meta.dirname, "../fixtures/beyond/vit-classes");

  test("reads images that the inputs file names, as it reads the same pixels", async () => {
    const folder = folderWith(from, { "preprocessor_config.json": processors["vit"] });
    cpSync(join(FOLDER, "colour.png"), join(folder, "colour.png"));
    cpSync(join(FOLDER, "grey.png"), join(folder, "grey.png"));
    writeFileSync(join(folder, "in.json"), JSON.stringify({ pixels: ["colour.png", "grey.png"] }));
    const model = await openFolder(folder, "vit");
    const inputs = await (await readInputs(join(folder, "in.json")))(model);
    expect(inputs.pixels!.shape).toEqual([2, 3, 16, 16]);
    const fromFile = await runWithCache(model, inputs, { backend, names: ["logits"] });
    const both = [expected.get("vit colour.png")!, expected.get("vit grey.png")!];
    const data = Float32Array.from(both.flatMap(({ data: own }) => [...own]));
    const pixels: Numbers = { shape: [2, 3, 16, 16], data };
    const fromPixels = await runWithCache(model, { pixels }, { backend, names: ["logits"] });
    expect(
      largest(
        fromFile.cache.get("logits")!.data as Float32Array,
        fromPixels.cache.get("logits")!.data as Float32Array,
      ),
    ).toBeLessThan(1e-4);
    await model.close();
  });

  test("are not read for a model that cannot use them", async () => {
    const missing = mediaFileAt(join(FOLDER, "no such.png"));
    const model = await openModel("zoo:attn-2l");
    await expect(ablate(model, { images: [missing, missing] })).rejects.toThrow(
      "`images` is for towers of images",
    );
    await expect(image(model, { image: missing })).rejects.toThrow(
      "this model writes no text about images",
    );
    await expect(pixelsOfImages(model, [missing])).rejects.toThrow("this model does not see");
    await expect(featuresOfAudio(model, [missing])).rejects.toThrow("this model does not hear");
    await model.close();
  });

  test("needs to know how images are prepared, and does not hear", async () => {
    const model = await openFolder(from, "vit");
    await expect(pixelsOfImages(model, [file("colour.png")])).rejects.toThrow(
      "an image needs preprocessor_config.json beside the model's weights",
    );
    await expect(featuresOfAudio(model, [file("tone.wav")])).rejects.toThrow(
      "this model does not hear: it reads pixels, not features",
    );
    await model.close();
  });
});

const goldens = unlessShared("goldens");
describe.skipIf(goldens.skip)(`a model that hears${goldens.note}`, () => {
  test("refuses audio of another rate, that is too long, or made for other bins", async () => {
    const folder = folderWith(shared("goldens", "whisper")!, {
      "preprocessor_config.json": { feature_size: 8, sampling_rate: 16000 },
    });
    const model = await openFolder(folder, "whisper");
    await expect(featuresOfAudio(model, [file("other-rate.wav")])).rejects.toThrow(
      "other-rate.wav has 44100 samples a second, this model hears 16000",
    );
    const { samples } = readWav(bytesOf("tone.wav"), "tone.wav");
    expect(samples.length).toBeLessThan(48 * 160); // what it hears
    const heard = await featuresOfAudio(model, [file("tone.wav")]);
    expect(heard.shape).toEqual([1, 8, 48]);
    writeFileSync(
      join(folder, "preprocessor_config.json"),
      JSON.stringify({ feature_size: 80, hop_length: 20 }),
    );
    await expect(featuresOfAudio(model, [file("tone.wav")])).rejects.toThrow(
      "makes 80 mel bins, the model reads 8",
    );
    writeFileSync(join(folder, "preprocessor_config.json"), JSON.stringify({ hop_length: 20 }));
    await expect(featuresOfAudio(model, [file("tone.wav")])).rejects.toThrow(
      "tone.wav lasts 0.25 s, this model hears 0.06 s: cut it first",
    );
    await model.close();
  });
});

test("an inputs file that names another kind of file is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "media-"));
  const path = join(folder, "in.json");
  writeFileSync(path, JSON.stringify({ pixels: "a.gif" }));
  await expect(readInputs(path)).rejects.toThrow(
    "pixels must be a .png or .jpg file, or lie in a .safetensors file, got a.gif",
  );
  writeFileSync(path, JSON.stringify({ pixels: "a.png" }));
  const blind = await openModel("zoo:attn-2l");
  const inputs = await readInputs(path); // the image is read by a model that sees
  await expect(inputs(blind)).rejects.toThrow("this model does not see");
  await blind.close();
  writeFileSync(path, JSON.stringify({ features: "a.mp3" }));
  await expect(readInputs(path)).rejects.toThrow("features must be a .wav file");
});
