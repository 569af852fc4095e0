/** Options under the names that older scripts use: --num_examples is --num-examples, --model_name NAME is the model. */
const NAMES: Readonly<Record<string, string>> = {
  "--num_examples": "--num-examples",
  "--seq_len": "--seq-len",
  "--output_path": "--out",
};

/** The arguments with those names replaced; without a command they mean `score`. */
export function seedZeroNames(args: readonly string[]): string[] {
  const split = args.flatMap((arg) => {
    const [name, value] = arg.split(/=(.*)/s);
    return value !== undefined && (name === "--model_name" || Object.hasOwn(NAMES, name!))
      ? [name!, value]
      : [arg];
  });
  const renamed = split.map((arg) => (Object.hasOwn(NAMES, arg) ? NAMES[arg]! : arg));
  const at = renamed.indexOf("--model_name");
  if (at >= 0 && renamed[at + 1] !== undefined) {
    const [model] = renamed.splice(at, 2).slice(1);
    const command = renamed[0] !== undefined && !renamed[0].startsWith("-") ? 1 : 0;
    renamed.splice(command, 0, model!);
    if (command === 0) renamed.unshift("score");
  }
  return renamed;
}
