/**
 * @file `npm run bench:experts`: a layer's experts as they are computed, each token by those it goes to, against all experts
 * on all tokens. Medians of interleaved pairs in one process; random weights and routes.
 */
import { random } from "../dist/base/random.js";
import { tensor } from "../dist/base/tensor.js";
import { builder } from "../dist/graph/builder.js";
import { prepare } from "../dist/runtime/prepare.js";
import { openBackend } from "../dist/runtime/openBackend.js";
import { median } from "./statistics.js";

const [MODEL, MLP, TOKENS, PAIRS] = [1024, 512, 256, 7];

/** The experts' first matrix on one row of tokens: [batch, position, slot or expert, d_mlp]. */
function program(experts, perToken, routed) {
  const b = builder();
  const sizes = { batch: 1, position: TOKENS };
  const x = b.input("x", "float32", { ...sizes, d_model: MODEL });
  const w = (name, axes) => b.input(name, "float32", axes);
  if (!routed) {
    const all = w("w", { expert: experts, d_mlp: MLP, d_model: MODEL });
    return b.program([b.contract(x, all, ["batch", "position", "expert", "d_mlp"])]);
  }
  const ids = b.input("ids", "int32", { ...sizes, slot: perToken }, { below: experts });
  const each = Array.from({ length: experts }, (_, expert) =>
    w(`w${expert}`, { d_mlp: MLP, d_model: MODEL }),
  );
  return b.program([b.op("routed", [x, ids, ...each], {})]);
}

function feeds({ inputs }) {
  return new Map(
    inputs.map(({ name, type, axes, below }, stream) => {
      const shape = axes.map(({ size }) => size);
      const count = shape.reduce((a, c) => a * c, 1);
      const draw = random(1, stream);
      const data =
        type === "int32"
          ? Int32Array.from({ length: count }, () => draw.integer(0, below - 1))
          : new Float32Array(count).fill(0.01);
      return [
        name,
        tensor(
          axes.map((axis) => axis.name),
          shape,
          data,
        ),
      ];
    }),
  );
}

const { backend } = await openBackend("cpu");
for (const [experts, perToken] of [
  [8, 2],
  [32, 4],
  [64, 8],
]) {
  const runs = [];
  for (const routed of [true, false]) {
    const routedProgram = program(experts, perToken, routed);
    runs.push({ session: await prepare(routedProgram, backend), inputs: feeds(routedProgram) });
  }
  const times = [[], []];
  for (let pair = 0; pair <= PAIRS; pair++)
    for (const [which, { session, inputs }] of runs.entries()) {
      const started = performance.now();
      await session.run(inputs);
      if (pair > 0) times[which].push(performance.now() - started);
    }
  const [routed, all] = times.map(median);
  const ratio = (all / routed).toFixed(1);
  process.stdout.write(
    `${experts} experts, ${perToken} of a token: ${routed.toFixed(1)} ms routed, ${all.toFixed(1)} ms all, ${ratio} times as fast (${experts / perToken} times less arithmetic)\n`,
  );
  for (const { session } of runs) await session.close();
}
