import { describe, expect, test } from "vitest";
import { anatomy } from "../../../src/models/anatomy/anatomy.ts";
import {
  isMissing,
  requirePart,
  type LayerAnatomy,
  type ProgramAnatomy,
} from "../../../src/models/anatomy/programAnatomy.ts";
import { modelFrom } from "../../../src/models/families.ts";
import type { Model } from "../../../src/models/family.ts";
import { typesOf } from "../../../src/graph/program.ts";
import { shared, unlessShared } from "../../shared.ts";
import { decoderFolders, golden } from "../golden.ts";

async function modelOf(name: string): Promise<Model> {
  const { config, checkpoint } = await golden(name);
  return modelFrom(config, checkpoint);
}

async function anatomyOf(name: string): Promise<ProgramAnatomy> {
  const { program, architecture } = await modelOf(name);
  return anatomy(program, architecture);
}

/** Every reason that some part is missing. */
function reasonsIn(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [];
  return "missing" in part ? [String(part.missing)] : Object.values(part).flatMap(reasonsIn);
}

/** Every text in it but the words of kinds, and of what a state-space layer lacks: names of values. */
function namesIn(part: unknown): string[] {
  if (typeof part === "string") return [part];
  if (typeof part !== "object" || part === null) return [];
  const left = "scan" in part && part.scan !== null ? ["queries", "keys", "scores"] : [];
  return Object.entries(part).flatMap(([key, inner]) =>
    ["kind", "missing", ...left].includes(key) ? [] : namesIn(inner),
  );
}

/** `e a0 m0n`: embedding, attention, MLP, `n` after a norm. */
function sumOf({ summands }: Pick<LayerAnatomy, "summands">): string {
  return summands
    .map(
      ({ of, passage }) =>
        `${of.kind[0]}${"layer" in of ? of.layer : ""}${passage.norm ? "n" : ""}`,
    )
    .join(" ");
}

const folders = decoderFolders(shared("goldens")).map((path) => path.split("/").at(-1)!);

describe("anatomy(program, architecture)", () => {
  test.each(folders)("names values of %s that are there", async (name) => {
    let model: Model;
    try {
      model = await modelOf(name);
    } catch {
      return; // a family or option that is not read yet has no Program
    }
    const reading = anatomy(model.program, model.architecture);
    const types = typesOf(model.program);
    expect(namesIn(reading).filter((value) => !types.has(value))).toEqual([]);
    expect(reading.layers).toHaveLength(model.architecture.layers);
    expect(anatomy(model.program, model.architecture)).toBe(reading);
    for (const { attention } of reading.layers) {
      if (isMissing(attention.projection)) continue;
      const axes = types.get(attention.projection.weight)!.axes.map((axis) => axis.name);
      expect(axes.toSorted()).toEqual(["d_head", "d_model", "head"]);
    }
  });

  const { skip, note } = unlessShared("goldens", "gemma2", "config.json");
  const on = (what: string, run: () => Promise<void>) => test.skipIf(skip)(what + note, run);

  on("reads norms before and after, soft caps and windows of Gemma 2", async () => {
    const reading = await anatomyOf("gemma2");
    const { attention, mlp } = reading.layers[0]!;
    expect(attention.scores).toMatchObject({ softcap: 5, window: 8, alibi: null });
    expect(reading.layers[1]!.attention.scores.window).toBeNull();
    expect(requirePart(attention.passage)).toMatchObject({
      factor: 1,
      norm: {
        input: "blocks.0.hook_attn_out",
        scale: "blocks.0.ln1_post.hook_scale",
        gain: "blocks.0.ln1_post.w_plus_1",
        center: false,
      },
    });
    expect(requirePart(mlp!.passage).norm!.scale).toBe("blocks.0.ln2_post.hook_scale");
    expect(sumOf(reading.layers[1]!)).toBe("e a0n m0n");
    expect(requirePart(reading.end).unembedding).toMatchObject({
      softcap: 3,
      weight: "embed.W_E",
      uncapped: "unembed.hook_uncapped",
    });
  });

  on(
    "reads norms of queries and keys, of all heads, one head, and each with its gain",
    async () => {
      for (const [name, gain] of [
        ["qwen3", "blocks.1.attn.q_norm.w"],
        ["olmo2", "blocks.1.attn.q_norm.w"],
        ["cohere", "blocks.1.attn.q_norm.w"],
      ] as const) {
        const { queries, keys } = (await anatomyOf(name)).layers[1]!.attention;
        expect(queries.norm, name).toMatchObject({ gain });
        expect(queries.norm!.output, name).toBe("blocks.1.attn.q_norm.gained");
        expect(keys.norm!.scale, name).toBe("blocks.1.attn.k_norm.hook_scale");
        expect(queries.rotated, name).toBe("blocks.1.attn.hook_rot_q");
      }
    },
  );

  on("reads multipliers of what is written, of scores and of logits in Granite", async () => {
    const reading = await anatomyOf("granite");
    expect(requirePart(reading.layers[0]!.attention.passage)).toMatchObject({
      factor: 0.4,
      norm: null,
    });
    expect(requirePart(reading.layers[0]!.attention.scores.product).scale).toBe(0.2);
    expect(requirePart(reading.end).unembedding.scale).toBe(0.5);
    expect(sumOf(reading.layers[1]!)).toBe("e a0 m0");
  });

  on("reads attention and MLP side by side, and rotation layer by layer", async () => {
    const neox = await anatomyOf("neox");
    expect(neox.layers[1]).toMatchObject({ mid: null, mlp: { reads: "blocks.1.hook_resid_pre" } });
    expect(sumOf(requirePart(neox.end))).toBe("e a0 m0 a1 m1 a2 m2");
    const cohere2 = await anatomyOf("cohere2");
    expect(cohere2.layers.map(({ attention }) => attention.queries.rotated !== null)).toEqual([
      ...[true, true, true],
      false,
    ]);
    const { attention } = (await anatomyOf("tl-shortformer")).layers[1]!;
    expect(requirePart(attention.scores.product).positions).toBe("hook_pos_embed");
    const bloom = (await anatomyOf("bloom")).layers[1]!;
    expect(bloom.attention.scores.alibi?.slopes).toHaveLength(4);
    expect(sumOf(bloom)).toBe("en a0 m0");
  });

  on(
    "says of DeepSeek's low-rank queries, keys and values why they are no projections",
    async () => {
      const [layer] = (await anatomyOf("deepseek_v3")).layers;
      expect(reasonsIn(layer)).toEqual(
        ["queries", "keys", "values"].map(
          (what) =>
            `the ${what} of layer 0 are not a product of the normalised residual stream and a weight`,
        ),
      );
      const { end } = await anatomyOf("deepseek_v3");
      expect(sumOf(requirePart(end))).toBe("e a0 m0 a1 m1 a2 m2");
      expect(() => requirePart(layer!.attention.keys.projection)).toThrow(
        expect.objectContaining({ code: "study" }),
      );
    },
  );

  on(
    "says what a stream that is normalised itself, projected or without logits lacks",
    async () => {
      const { program, architecture } = await modelOf("opt");
      const normalised = {
        ...program,
        ops: program.ops.map((op) =>
          op.output === "blocks.0.hook_resid_mid"
            ? {
                op: "sqrt" as const,
                inputs: op.inputs.slice(0, 1),
                output: op.output,
                attributes: {},
              }
            : op,
        ),
      };
      expect(reasonsIn(anatomy(normalised, architecture).layers[0]!.attention)).toEqual([
        expect.stringMatching(/layer 0's attention writes is not a term of the residual stream/),
      ]);
      const { ops } = program;
      const headless = {
        ...program,
        ops: ops.filter(({ output }) => output !== "logits"),
        absent: { logits: "no unembedding here" },
      };
      expect(anatomy(headless, architecture).end).toEqual({ missing: "no unembedding here" });
    },
  );
});
