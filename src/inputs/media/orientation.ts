/** @file How a camera was held, which EXIF says of a JPEG: pictures are turned upright, as transformers' load_image turns them. */
import type { Picture } from "./picture.ts";

/** Whether the columns run backwards, whether the rows do, and whether both are exchanged after that; by EXIF's number. */
const TURNS: Readonly<Record<number, readonly [columns: boolean, rows: boolean, swap: boolean]>> = {
  2: [true, false, false],
  3: [true, true, false],
  4: [false, true, false],
  5: [false, false, true],
  6: [false, true, true],
  7: [true, true, true],
  8: [true, false, true],
};

const ORIENTATION = 0x0112;

/** EXIF's number from 1 to 8 of a JPEG file; 1, which is upright, where it says nothing. */
export function orientationOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff;) {
    const [marker, size] = [bytes[at + 1]!, view.getUint16(at + 2)];
    if (marker === 0xda) break; // the picture itself
    const text = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = Math.min(at + 2 + size, bytes.length);
    if (marker === 0xe1 && text === "Exif" && end >= at + 10)
      return inTiff(new DataView(bytes.buffer, bytes.byteOffset + at + 10, end - at - 10));
    at += 2 + size;
  }
  return 1;
}

/** The tag in the first directory; a broken one says nothing. */
function inTiff(tiff: DataView): number {
  if (tiff.byteLength < 14) return 1;
  const little = tiff.getUint16(0) === 0x4949;
  const first = tiff.getUint32(4, little);
  if (first + 2 > tiff.byteLength) return 1;
  const count = tiff.getUint16(first, little);
  for (let entry = 0; entry < count; entry++) {
    const at = first + 2 + 12 * entry;
    if (at + 12 > tiff.byteLength) return 1;
    if (tiff.getUint16(at, little) === ORIENTATION) return tiff.getUint16(at + 8, little);
  }
  return 1;
}

export function turnUpright(picture: Picture, orientation: number): Picture {
  const turn = TURNS[orientation];
  if (!turn) return picture;
  const [columns, rows, swap] = turn;
  const { width: wide, height: high, data: before } = picture;
  const [width, height] = swap ? [high, wide] : [wide, high];
  const data = new Uint8Array(before.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [across, down] = swap ? [y, x] : [x, y];
      const column = columns ? wide - 1 - across : across;
      const row = rows ? high - 1 - down : down;
      const from = 3 * (row * wide + column);
      data.set(before.subarray(from, from + 3), 3 * (y * width + x));
    }
  return { width, height, data };
}
