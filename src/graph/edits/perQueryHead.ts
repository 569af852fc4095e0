import type { Program } from "../program.ts";
import { intercept } from "./intercept.ts";

/**
 * Give every query head its own copy of keys or values that it shares: `name` becomes [..., kv_head, group, d_head], each
 * copy equal to what it was. What is computed stays the same; copies can be told apart, as by `gradient`.
 *
 * @param name a value with an axis `kv_head`
 * @throws {InputError} "unknown-value" if the program does not make `name`
 */
export function perQueryHead(program: Program, name: string, group: number): Program {
  return intercept(program, name, (value, before) => {
    const heads = Number(value.axes.find((axis) => axis.name === "kv_head")!.size);
    const copies = `${name}.copies`;
    const into = [
      { name: "kv_head", size: heads },
      { name: "group", size: group },
    ];
    return {
      ops: [
        {
          op: "repeat",
          inputs: [before],
          output: copies,
          attributes: { axis: "kv_head", times: group, into: "head" },
        },
        { op: "splitAxis", inputs: [copies], output: name, attributes: { axis: "head", into } },
      ],
    };
  });
}
