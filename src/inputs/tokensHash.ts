import { bytesOfView } from "../base/bytes.ts";
import { sha256Hex } from "../base/hash.ts";

/** What a Result says of the user's own rows: the SHA-256 of their ids, row after row, int32 little endian. */
export function tokensHash(ids: Int32Array): Promise<string> {
  return sha256Hex(bytesOfView(ids));
}
