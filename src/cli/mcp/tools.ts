/** @file The tools: commands of studies, with what they take as JSON Schema and the schemas of their Results. */
import { Command } from "commander";
import { z } from "zod";
import { STUDIES } from "../../studies/registry.ts";
import { withStandIns } from "../../studies/studyFor.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { toolParts, type ToolPart } from "./parts.ts";

/** The tools, in the order of help: their commands, and the studies that they run; what stands in for one is added. */
const TOOLS = {
  score: {
    load: () => import("../../studies/score/command.ts"),
    results: ["score"],
  },
  verdict: { load: () => import("../../studies/verdict/command.ts"), results: ["verdict"] },
  behaviours: {
    load: () => import("../../studies/behaviours/command.ts"),
    results: ["behaviours"],
  },
  patch: {
    load: () => import("../../studies/patch/command.ts"),
    results: ["patch", "fingerprint", "path", "attribution"],
  },
  ablate: {
    load: () => import("../../studies/ablate/command.ts"),
    results: ["ablate"],
  },
  attention: { load: () => import("../../studies/attention/command.ts"), results: ["attention"] },
  text: { load: () => import("../../studies/text/command.ts"), results: ["text"] },
  compare: { load: () => import("../../studies/compare/command.ts"), results: ["compare"] },
} as const satisfies Readonly<Record<string, ToolRow>>;

interface ToolRow {
  readonly load: () => Promise<{ readonly command: CommandSpec }>;
  readonly results: readonly (keyof typeof STUDIES)[];
}

/** A command as a tool. */
export interface Tool {
  readonly name: string;
  readonly spec: CommandSpec;
  readonly parts: readonly ToolPart[];
  readonly inputSchema: JsonObject;
  readonly outputSchema: JsonObject;
}

/** A schema; MCP wants objects. */
export interface JsonObject {
  readonly [key: string]: unknown;
  readonly type: "object";
}

/** @param options whether models of the hub are allowed */
export function buildTools(options: { readonly hub: boolean }): Promise<readonly Tool[]> {
  return Promise.all(Object.values<ToolRow>(TOOLS).map((row) => buildTool(row, options)));
}

async function buildTool({ load, results }: ToolRow, options: { readonly hub: boolean }) {
  const { command: spec } = await load();
  const { name } = spec;
  const parts = toolParts(spec.declare(new Command(name)), options);
  const schemas = { inputSchema: inputSchema(parts), outputSchema: await outputSchema(results) };
  return { name, spec, parts, ...schemas };
}

function inputSchema(parts: readonly ToolPart[]): JsonObject {
  return {
    type: "object",
    properties: Object.fromEntries(parts.map((part) => [part.property, schemaOf(part)])),
    required: parts.filter(({ isRequired }) => isRequired).map(({ property }) => property),
    additionalProperties: false,
  };
}

function schemaOf({ kind, description, choices, mayBeBare, repeats }: ToolPart): object {
  if (kind === "switch") return { type: "boolean", description };
  const value = choices ? { enum: choices } : { type: TYPES[kind] };
  const forms = [
    value,
    ...(mayBeBare ? [{ type: "boolean" }] : []),
    ...(repeats || kind === "list"
      ? [
          {
            type: "array",
            items:
              repeats && kind === "list"
                ? { anyOf: [value, { type: "array", items: value }] }
                : value,
          },
        ]
      : []),
  ];
  return forms.length === 1 ? { ...value, description } : { anyOf: forms, description };
}

const TYPES = {
  ...{ number: ["number", "string"], text: ["string", "number"], list: ["string", "number"] },
  ...{ file: "string", model: "string" },
} as const;

async function outputSchema(results: ToolRow["results"]): Promise<JsonObject> {
  const schemas = await Promise.all(
    withStandIns(results).map(async (result) => {
      const { $schema: _, ...schema } = z.toJSONSchema((await STUDIES[result]()).study.result, {
        target: "draft-7",
      });
      return schema;
    }),
  );
  const [only, ...others] = schemas;
  return others.length === 0 ? { ...only, type: "object" } : { type: "object", anyOf: schemas };
}
