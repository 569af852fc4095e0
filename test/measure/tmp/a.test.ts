import { test } from "vitest"; test("x",()=>{});
import { audit } from "../../../src/measure/audit.ts";
for (const r of [{ start: 1, period: 50, length: 101 }, { start: 1, period: 25, length: 101 }]) {
  console.log(r);
  for (const row of audit(r)) console.log(row.convention.padEnd(36), row.ceiling.toFixed(4), row.null?.toFixed(4), Object.values(row.values).map(v=>v===null?'null':v.toFixed(4)).join(' '), '|', row.words.join('; '));
}
