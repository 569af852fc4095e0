import type { ByteSource } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";

/**
 * A file that the user picked in a browser (or any Blob) as a byte source: ranges are read when they are asked for.
 *
 * @param name for messages; a File brings its own
 * @throws {InputError} "file" when a read fails, as it does once the file has changed on disk
 */
export function blobSource(
  blob: Blob,
  name = "name" in blob ? String(blob.name) : "blob",
): ByteSource {
  return {
    name,
    sizeBytes: blob.size,
    read: async (offset, length) => {
      try {
        return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch (error) {
        throw new InputError("file", `cannot read ${name}: ${String(error)}`, { cause: error });
      }
    },
  };
}
