/** @file The server: tools over standard input and output, until the client goes. */
import { VERSION } from "../../base/version.ts";
import { AbortError } from "../../base/errors.ts";
import { explain } from "../exit.ts";
import type { Frame } from "../frame.ts";
import { optionalPackage } from "../optionalPackage.ts";
import { callsIn, type Calls } from "./calls.ts";
import { confinement, type Confinement } from "./confinement.ts";
import { toolInvocation } from "./invocation.ts";
import { risingProgress } from "./risingProgress.ts";
import { buildTools, type Tool } from "./tools.ts";

export interface McpFlags {
  /** Answers have the text alone. */
  readonly textOnly?: boolean | undefined;
  readonly hub?: boolean | undefined;
}

const INSTRUCTIONS = `Finds induction heads of transformers and says what each head is.
Begin with score (seconds), then verdict (minutes; quick: true is shorter) for labels with their evidence.
patch and ablate ask what heads cause, attention and text look at a text, compare at several models.
Models are paths in the folders given at start, zoo:NAME or planted:NAME. Heads are LAYER.HEAD, as 5.1.
Quote intervals and warnings with every number; a high attention score alone does not make an induction head.`;

export async function serveTools(
  frame: Frame,
  folders: readonly string[],
  { textOnly = false, hub = false }: McpFlags,
): Promise<void> {
  const [{ Server }, { StdioServerTransport }, types] = await sdk();
  const allowed = await confinement(folders, { hub });
  const tools = await buildTools({ hub });
  const calls = callsIn(allowed.home, frame.flags.engine.memory);
  const server = new Server(
    { name: "induction-lens", version: VERSION },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler(types.ListToolsRequestSchema, () => ({
    tools: tools.map((tool) => toolInfo(tool, { textOnly, hub })),
  }));
  server.setRequestHandler(
    types.CallToolRequestSchema,
    async ({ params }, { signal, _meta, sendNotification }) => {
      const token = _meta?.progressToken;
      const progress = risingProgress((value, message) => {
        if (token === undefined) return;
        const news = { progressToken: token, progress: value, message };
        void sendNotification({ method: "notifications/progress", params: news }).catch(
          () => undefined,
        );
      });
      const { name, arguments: values = {} } = params;
      const workplace = { frame, tools, allowed, calls };
      return callTool(workplace, name, values, { signal, progress, textOnly });
    },
  );
  await server.connect(new StdioServerTransport());
  frame.done(
    `Serving ${tools.length} tools; clients may read ${folders.join(", ")}. Ctrl-C ends it.`,
  );
  await over(frame.signal, server);
  calls.end();
  await server.close();
}

function sdk() {
  return optionalPackage("mcp", ["@modelcontextprotocol/sdk"], () =>
    Promise.all([
      import("@modelcontextprotocol/sdk/server/index.js"),
      import("@modelcontextprotocol/sdk/server/stdio.js"),
      import("@modelcontextprotocol/sdk/types.js"),
    ]),
  );
}

function toolInfo(
  { name, spec, inputSchema, outputSchema }: Tool,
  { textOnly, hub }: { readonly textOnly: boolean; readonly hub: boolean },
) {
  const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: hub };
  const { description } = spec;
  return { name, description, inputSchema, annotations, ...(!textOnly && { outputSchema }) };
}

interface Workplace {
  readonly frame: Frame;
  readonly tools: readonly Tool[];
  readonly allowed: Confinement;
  readonly calls: Calls;
}

type ToolOptions = Parameters<Calls["call"]>[1] & { readonly textOnly: boolean };

/** What goes wrong is an answer too, so that whoever asked can mend it. */
async function callTool(
  { frame, tools, allowed, calls }: Workplace,
  name: string,
  values: Readonly<Record<string, unknown>>,
  { textOnly, ...options }: ToolOptions,
) {
  const answer = (text: string) => ({ content: [{ type: "text" as const, text }] });
  const tool = tools.find((each) => each.name === name);
  if (!tool)
    return {
      ...answer(`there is no tool ${name}; there are ${tools.map((each) => each.name).join(", ")}`),
      isError: true,
    };
  try {
    const invocation = await toolInvocation(tool, values, allowed, frame.flags);
    const { text, result } = await calls.call(invocation, options);
    return { ...answer(text), ...(!textOnly && { structuredContent: result }) };
  } catch (error) {
    if (error instanceof AbortError) throw error; // nobody waits for an answer
    return { ...answer(explain(error).replace(/^unable: (?=\w+( error)?:)/, "")), isError: true };
  }
}

/** Until the client closes its end, or somebody asks to stop. */
function over(signal: AbortSignal, server: { onclose?: (() => void) | undefined }): Promise<void> {
  return new Promise((resolve) => {
    const end = () => resolve();
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    process.stdin.on("end", end);
    process.stdin.on("close", end);
    server.onclose = end;
  });
}
