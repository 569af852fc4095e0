/**
 * @file Other sizes of an image, as Pillow makes them (src/libImaging/Resample.c): a filter that widens when an image shrinks, first
 * along rows and then along columns, each pass rounded to 8 bits with coefficients of 22 bits. Equal to Pillow's bit for bit.
 */
import type { Picture } from "./picture.ts";

/** Pillow's names, by its numbers. */
export const RESAMPLES = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"] as const;
export type Resample = (typeof RESAMPLES)[number];

interface Filter {
  readonly support: number;
  readonly weight: (distance: number) => number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const FILTERS: Readonly<Record<Exclude<Resample, "nearest">, Filter>> = {
  box: { support: 0.5, weight: (x) => Number(x > -0.5 && x <= 0.5) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight: (x) => (Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))),
  },
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function cubic(distance: number): number {
  const [a, x] = [-0.5, Math.abs(distance)];
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/** The image with another width and height. */
export function resample(
  image: Picture,
  { width, height }: Pick<Picture, "width" | "height">,
  by: Resample,
): Picture {
  if (by === "nearest") return nearest(image, width, height);
  const filter = FILTERS[by];
  const wide = width === image.width ? image : alongRows(image, width, filter);
  if (height === wide.height) return wide;
  return transpose(alongRows(transpose(wide), height, filter));
}

function nearest(image: Picture, width: number, height: number): Picture {
  const data = new Uint8Array(3 * width * height);
  const place = (at: number, size: number, from: number) =>
    Math.min(from - 1, Math.floor(((at + 0.5) * from) / size));
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [y, x] = [place(row, height, image.height), place(column, width, image.width)];
      const from = 3 * (y * image.width + x);
      data.set(image.data.subarray(from, from + 3), 3 * (row * width + column));
    }
  }
  return { width, height, data };
}

const BITS = 22;

function alongRows(image: Picture, width: number, filter: Filter): Picture {
  const { height } = image;
  const data = new Uint8Array(3 * width * height);
  for (let column = 0; column < width; column++) {
    const { first, weights } = weightsAt(column, width, image.width, filter);
    for (let row = 0; row < height; row++) {
      for (let colour = 0; colour < 3; colour++) {
        let sum = 2 ** (BITS - 1);
        const from = 3 * (row * image.width + first) + colour;
        for (let tap = 0; tap < weights.length; tap++)
          sum += image.data[from + 3 * tap]! * weights[tap]!;
        const value = Math.floor(sum / 2 ** BITS);
        data[3 * (row * width + column) + colour] = Math.max(0, Math.min(255, value));
      }
    }
  }
  return { width, height, data };
}

/** What a column of the new image reads: neighbouring columns and their weights, which sum to 2^22. */
function weightsAt(column: number, width: number, from: number, { support, weight }: Filter) {
  const scale = from / width;
  const wider = Math.max(1, scale);
  const centre = (column + 0.5) * scale;
  const first = Math.max(0, Math.trunc(centre - support * wider + 0.5));
  const end = Math.min(from, Math.trunc(centre + support * wider + 0.5));
  const raw = Array.from({ length: end - first }, (_, tap) =>
    weight((tap + first - centre + 0.5) / wider),
  );
  const total = raw.reduce((sum, share) => sum + share, 0);
  const weights = raw.map((factor) => {
    const share = (factor / (total || 1)) * 2 ** BITS;
    return Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
  });
  return { first, weights };
}

/** Rows as columns. */
function transpose({ width, height, data }: Picture): Picture {
  const other = new Uint8Array(data.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = 3 * (row * width + column);
      other.set(data.subarray(from, from + 3), 3 * (column * height + row));
    }
  }
  return { width: height, height: width, data: other };
}
