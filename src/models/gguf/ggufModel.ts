/** @file The model of a GGUF file wherever it is: its configuration and tensors in Hugging Face's terms, special tokens. */
import { InputError } from "../../base/errors.ts";
import type { Checkpoint } from "../../formats/checkpoint.ts";
import type { Gguf } from "../../formats/gguf/readGguf.ts";
import type { GgufTensor } from "../../formats/gguf/tensors.ts";
import type { WantedTensor } from "../../formats/gguf/wantedTensor.ts";
import { readTensor } from "../../formats/readTensor.ts";
import { ggufTextNotice } from "../../text/tokenizer/tokenizerFromGguf.ts";
import { withVocabulary } from "../drawnTokens.ts";
import { configIn } from "../config/configIn.ts";
import { modelFrom } from "../families.ts";
import { withNotices, type Model, type StoredLayout, type UnembeddingChoice } from "../family.ts";
import { vocabularyOfGguf } from "../vocabularyFiles.ts";
import { architectureOf } from "./architectures.ts";
import { factsOf, shortest } from "./facts.ts";
import { ggufConfig, ggufKeysOf } from "./ggufConfig.ts";
import { ggufTensors } from "./ggufTensors.ts";

/** What a GGUF file says, in Hugging Face's terms; of its weights nothing is read but tables of rotary factors. */
export interface GgufPlan {
  /** As config.json would have it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** By Hugging Face's names. */
  readonly tensors: ReadonlyMap<string, WantedTensor>;
  /** How matrices lie where it is not as Hugging Face's modules keep them. */
  readonly layout: StoredLayout | undefined;
  /** The model, once the tensors are at hand. */
  readonly model: (checkpoint: Checkpoint, head?: UnembeddingChoice) => Model;
}

/**
 * @param path for messages
 * @throws {InputError} "config" for an architecture, a key or a value that is not supported; "weights" or "file" for
 *   tensors that do not fit it
 */
export async function ggufPlan(gguf: Gguf, path: string): Promise<GgufPlan> {
  const architecture = architectureOf(String(gguf.metadata.get("general.architecture")), path);
  const facts = factsOf(gguf, path, await tablesIn(gguf));
  const config = ggufConfig(gguf, architecture, facts);
  return {
    config,
    tensors: ggufTensors(architecture, facts),
    layout: architecture.layout,
    model: (checkpoint, head) => {
      const keys = ggufKeysOf(architecture, facts);
      const model = namedByFile(path, keys, () =>
        modelFrom(config, checkpoint, architecture.layout, { head }),
      );
      const notice = ggufTextNotice(Object.fromEntries(gguf.metadata));
      return withVocabulary(withNotices(model, [notice]), vocabularyOfGguf(gguf.metadata));
    },
  };
}

/** What `make` gives; configurations that cannot be used are named by the file and its own keys. */
function namedByFile<Made>(
  path: string,
  keys: ReadonlyMap<string, string>,
  make: () => Made,
): Made {
  try {
    return make();
  } catch (error) {
    throw configIn(error, path, keys);
  }
}

const TABLE = /^rope_(freqs|factors_long|factors_short)\.weight$/;
const MOST_TABLE_BYTES = 65_536;

/** Factors of rotary frequencies, which are settings rather than weights. */
async function tablesIn({ tensors }: Gguf): Promise<ReadonlyMap<string, readonly number[]>> {
  const tables = [...tensors].filter(([name]) => TABLE.test(name));
  return new Map(
    await Promise.all(
      tables.map(async ([name, tensor]) => [name, await table(name, tensor)] as const),
    ),
  );
}

async function table(name: string, { type, source, ...place }: GgufTensor): Promise<number[]> {
  if (type !== "F32" || place.sizeBytes > MOST_TABLE_BYTES) {
    throw new InputError(
      "weights",
      `${source.name} needs ${name} of up to ${MOST_TABLE_BYTES} bytes of F32, has ${place.sizeBytes} of ${type}`,
    );
  }
  const values = [...(await readTensor({ type, source, ...place }))];
  return name === "rope_freqs.weight" ? values : values.map(shortest); // those were computed, these were written
}
