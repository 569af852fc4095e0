/**
 * @file PNG and JPEG files to colours, as Pillow's `convert("RGB")` gives them: grey three times, opacity left aside. Of 16 bits the
 * upper 8 are taken; Pillow makes white of all grey of 16 bits above 255.
 */
import { InputError } from "../../base/errors.ts";
import { orientationOf, turnUpright } from "./orientation.ts";
import type { Picture } from "./picture.ts";

/** More pixels than a photograph has, which would take gigabytes. */
const MOST_PIXELS = 100e6;

/**
 * @param name of the file, for messages
 * @throws {InputError} "file" for bytes that are neither PNG nor JPEG, are broken, or have more than 100 million pixels
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<Picture> {
  const starts = (...first: readonly number[]) => first.every((byte, at) => bytes[at] === byte);
  if (starts(0x89, 0x50, 0x4e, 0x47)) return brokenImage(name, "PNG", () => png(bytes, name));
  if (starts(0xff, 0xd8, 0xff)) return brokenImage(name, "JPEG", () => jpeg(bytes));
  throw new InputError(
    "file",
    `${name} is not an image that is read here: it is neither PNG nor JPEG`,
  );
}

async function brokenImage(
  name: string,
  format: string,
  decode: () => Promise<Picture>,
): Promise<Picture> {
  try {
    return await decode();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      "file",
      `${name} is not a whole ${format} file: ${(error as Error).message.replace(/[\s:.]+$/, "")}`,
      {
        cause: error,
      },
    );
  }
}

async function png(bytes: Uint8Array, name: string): Promise<Picture> {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33) throw new Error("it ends within its header");
  const pixels = header.getUint32(16) * header.getUint32(20);
  if (pixels > MOST_PIXELS)
    throw new InputError("file", `${name} has ${pixels} pixels, at most ${MOST_PIXELS} are read`);
  const { convertIndexedToRgb, decode } = await import("fast-png");
  const image = decode(bytes, { checkCrc: true });
  const { width, height, palette } = image;
  const plain = palette
    ? { data: convertIndexedToRgb(image), channels: palette[0]!.length, depth: 8 }
    : image;
  const { channels } = plain;
  const scale = plain.depth < 8 ? 255 / (2 ** plain.depth - 1) : 1;
  const samples =
    plain.depth < 8 ? unpackImage(plain.data, width, height, plain.depth) : plain.data;
  const data = new Uint8Array(3 * width * height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let colour = 0; colour < 3; colour++) {
      const value = samples[pixel * channels + (channels < 3 ? 0 : colour)]!;
      data[3 * pixel + colour] = plain.depth === 16 ? value >> 8 : value * scale;
    }
  }
  return { width, height, data };
}

/** Grey samples of 1, 2 or 4 bits, of which each row begins with a byte of its own. */
function unpackImage(
  packed: ArrayLike<number>,
  width: number,
  height: number,
  depth: number,
): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  return Uint8Array.from({ length: width * height }, (_, pixel) => {
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    const byte = packed[row * rowBytes + Math.floor((column * depth) / 8)]!;
    return (byte >> (8 - depth - ((column * depth) % 8))) & (2 ** depth - 1);
  });
}

async function jpeg(bytes: Uint8Array): Promise<Picture> {
  const { decode } = await import("jpeg-js");
  const { width, height, data } = decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: MOST_PIXELS / 1e6,
    maxMemoryUsageInMB: 2048,
  });
  return turnUpright({ width, height, data }, orientationOf(bytes));
}
