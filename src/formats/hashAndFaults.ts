/** @file The hash of files, and what is wrong with values of the weights in them, in one reading. */
import type { ByteSource, Weights } from "../base/bytes.ts";
import type { RunningHash } from "../base/hash.ts";
import { inChunks, type ByteRange, type ScanOptions } from "./inChunks.ts";
import { faultScan, type WeightFaults } from "./weightFaults.ts";

/**
 * SHA-256 of the bytes of `files` one after another, as 64 hexadecimal digits, and the faults of `weights`.
 *
 * @param hash of nothing yet; it is closed
 */
export async function hashAndFaults(
  files: readonly ByteSource[],
  weights: Weights,
  hash: RunningHash,
  options: ScanOptions = {},
): Promise<WeightFaults & { readonly sha256: string }> {
  const scan = faultScan(weights);
  const unread = new Set(scan.tensors);
  const inFiles = files.flatMap((file) => {
    const { ranges, tensors } = wholeFile(file, scan.tensors);
    for (const tensor of tensors) unread.delete(tensor);
    return ranges;
  });
  const elsewhere = [...unread].map((tensor) => ({ ...rangeOf(tensor), tensor, isHashed: false }));
  try {
    await inChunks(
      [...inFiles, ...elsewhere],
      async (bytes, { tensor, isHashed }) => {
        if (isHashed) await hash.update(bytes);
        if (tensor) scan.visit(bytes, tensor);
      },
      options,
    );
    return { sha256: await hash.hex(), ...scan.faults() };
  } finally {
    await hash.close?.();
  }
}

type FileTensor = ReturnType<typeof faultScan>["tensors"][number];

/** All bytes of a file in order, cut where its tensors begin and end; those that lie on others are left out. */
function wholeFile(file: ByteSource, all: readonly FileTensor[]) {
  const ranges: (ByteRange & { readonly tensor?: FileTensor; readonly isHashed: boolean })[] = [];
  const tensors: FileTensor[] = [];
  let offset = 0;
  const upTo = (end: number) => {
    if (end > offset)
      ranges.push({ source: file, offset, sizeBytes: end - offset, isHashed: true });
  };
  const own = all.filter(({ source }) => source === file);
  for (const tensor of own.toSorted((a, b) => a.offset - b.offset)) {
    if (tensor.offset < offset) continue;
    upTo(tensor.offset);
    ranges.push({ ...rangeOf(tensor), tensor, isHashed: true });
    tensors.push(tensor);
    offset = tensor.offset + tensor.sizeBytes;
  }
  upTo(file.sizeBytes);
  return { ranges, tensors };
}

function rangeOf({ source, offset, sizeBytes }: ByteRange): ByteRange {
  return { source, offset, sizeBytes };
}
