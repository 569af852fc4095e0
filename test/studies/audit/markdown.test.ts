import { join } from "node:path";
import prettier from "prettier";
import { expect, test } from "vitest";
import { auditMarkdown } from "./markdown.ts";
import { audit } from "../../../src/studies/audit/audit.ts";

test("docs/measures.md is what the audit says (npx vitest run test/studies/audit/markdown -u writes it)", async () => {
  const page = await prettier.format(auditMarkdown(audit(null, { seqLen: 100 })), {
    parser: "markdown",
    printWidth: 100,
  });
  await expect(page).toMatchFileSnapshot(join(import.meta.dirname, "../../../docs/measures.md"));
});
