/** @file WAV files to samples between -1 and 1; several channels are averaged. */
import { InputError } from "../../base/errors.ts";

export interface Sound {
  /** Samples in a second. */
  readonly rate: number;
  readonly samples: Float32Array;
}

const [PCM, FLOAT, EXTENSIBLE] = [1, 3, 0xfffe];

/** From here on a size is one that a stream did not know when it began: ffmpeg's is 2^32 - 1, others end in 0x7fff_0000 or so. */
const UNKNOWN_SIZE = 0x7fff_0000;

interface Layout {
  readonly format: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
}

/**
 * @param name of the file, for messages
 * @throws {InputError} "file" for bytes that are no WAV, are broken, or have samples of another kind than 8, 16, 24 or 32 bits, or floats
 */
export function readWav(bytes: Uint8Array, name: string): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || text(0) !== "RIFF" || text(8) !== "WAVE")
    throw new InputError("file", `${name} is not audio that is read here: it is not a WAV file`);
  let layout: Layout | null = null;
  for (let at = 12; at + 8 <= bytes.length;) {
    const [chunk, size] = [text(at), view.getUint32(at + 4, true)];
    if (chunk === "fmt " && size >= 16 && at + 24 <= bytes.length)
      layout = layoutAt(view, at + 8, size);
    if (chunk === "data") {
      if (!layout) break;
      const length = Math.min(size, bytes.length - at - 8);
      if (length < size && size < UNKNOWN_SIZE)
        throw new InputError(
          "file",
          `${name} is not a whole WAV file: it announces ${size} bytes of samples and has ${length}`,
        );
      return { rate: layout.rate, samples: samplesAt(view, at + 8, length, layout, name) };
    }
    at += 8 + size + (size % 2);
  }
  throw new InputError("file", `${name} is not a whole WAV file: it has no samples`);
}

function layoutAt(view: DataView, at: number, size: number): Layout {
  const format = view.getUint16(at, true);
  return {
    format: format === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : format,
    channels: view.getUint16(at + 2, true),
    rate: view.getUint32(at + 4, true),
    bits: view.getUint16(at + 14, true),
  };
}

function samplesAt(
  view: DataView,
  at: number,
  length: number,
  { format, channels, bits }: Layout,
  name: string,
): Float32Array {
  const read = readers[`${format} ${bits}`];
  if (!read || channels < 1)
    throw new InputError(
      "file",
      `${name} needs samples of 8, 16, 24 or 32 bits or floats, has format ${format} with ${bits} bits in ${channels} channels`,
    );
  const bytes = bits / 8;
  const samples = new Float32Array(Math.floor(length / (bytes * channels)));
  for (let sample = 0; sample < samples.length; sample++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++)
      sum += read(view, at + (sample * channels + channel) * bytes);
    samples[sample] = sum / channels;
  }
  if (samples.length === 0) throw new InputError("file", `${name} has no samples`);
  return samples;
}

/** By format and bits. */
const readers: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  [`${PCM} 8`]: (view, at) => (view.getUint8(at) - 128) / 128,
  [`${PCM} 16`]: (view, at) => view.getInt16(at, true) / 2 ** 15,
  [`${PCM} 24`]: (view, at) =>
    (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  [`${PCM} 32`]: (view, at) => view.getInt32(at, true) / 2 ** 31,
  [`${FLOAT} 32`]: (view, at) => view.getFloat32(at, true),
  [`${FLOAT} 64`]: (view, at) => view.getFloat64(at, true),
};
