import type { Backend } from "../base/backend.ts";
import type { Program } from "../graph/program.ts";

/** `measure` as a function that does it once for an engine and a program, and remembers the answer for as long as both are there. */
export function oncePerProgram<Value>(
  measure: (program: Program, backend: Backend) => Promise<Value>,
): (program: Program, backend: Backend) => Promise<Value> {
  const answers = new WeakMap<Backend["create"], WeakMap<Program, Promise<Value>>>();
  return (program, backend) => {
    const ofEngine = answers.get(backend.create) ?? new WeakMap<Program, Promise<Value>>();
    answers.set(backend.create, ofEngine);
    const answer = ofEngine.get(program) ?? measure(program, backend);
    ofEngine.set(program, answer);
    return answer;
  };
}
