/**
 * @file Norms. The scale is a value of its own: frozen, it gets no gradient and passes none on. Where the norm's scale
 * is made from the same x and nobody asks for its gradient, both ways back to x are written as one.
 */
import type { Name } from "../builder.ts";
import type { Rule, Step, Way } from "./rule.ts";
import { shrunk } from "./shrunk.ts";

export const norm: Rule<"norm"> = (step) => {
  const { inputs, output, attributes, gradient, write } = step;
  const [x, scale, w, b] = inputs as [Name, Name, Name?, Name?];
  const { center } = attributes;
  const atNormalized = once(() => (w === undefined ? gradient : write("mul", [gradient, w], {})));
  const normalized = once(() => (w === undefined ? output : write("norm", [x, scale], attributes)));
  const own = hasOwnScale(step);
  return [
    () =>
      own
        ? throughBoth(step, atNormalized(), normalized())
        : lessMean(step, write("div", [atNormalized(), scale], {}), center),
    own ? null : () => atScale(step, atNormalized(), normalized()),
    w === undefined ? null : () => shrunk(step, write("mul", [gradient, normalized()], {}), w),
    b === undefined ? null : () => shrunk(step, gradient, b),
  ];
};

/** ds/dx = (x, minus its mean if `center`) / (n s). */
export const scale: Rule<"scale"> = (step) => {
  const { inputs, output, attributes, gradient, write, number, typeOf } = step;
  const x = inputs[0] as Name;
  const width = Number(typeOf(x).axes.at(-1)!.size);
  return [
    () => {
      const direction = write("norm", [x, output], attributes);
      return write("mul", [direction, write("mul", [gradient, number(1 / width)], {})], {});
    },
  ];
};

export const gain: Rule<"gain"> = (step) => {
  const { inputs, gradient, write } = step;
  const [x, w] = inputs as [Name, Name];
  return [
    () => write("mul", [gradient, w], {}),
    () => shrunk(step, write("mul", [gradient, x], {}), w),
  ];
};

function hasOwnScale({ inputs, attributes, producerOf, isTarget }: Step<"norm">): boolean {
  const [x, scale] = inputs as [Name, Name];
  const producer = producerOf(scale);
  return (
    producer?.op === "scale" &&
    producer.inputs[0] === x &&
    producer.attributes.eps === attributes.eps &&
    producer.attributes.center === attributes.center &&
    !isTarget(scale)
  );
}

/** (h - mean h - n mean(h n)) / s, with n the normalised x and h the gradient of n: Ba et al. 2016, differentiated. */
function throughBoth(step: Step<"norm">, h: Name, normalized: Name): Name {
  const { inputs, attributes, write } = step;
  const along = lastMean(step, write("mul", [h, normalized], {}));
  const across = write(
    "sub",
    [lessMean(step, h, attributes.center), write("mul", [normalized, along], {})],
    {},
  );
  return write("div", [across, inputs[1]!], {});
}

/** - sum(h n) / s, the last axis kept with size 1. */
function atScale({ inputs, write, number, typeOf }: Step<"norm">, h: Name, normalized: Name): Name {
  const scale = inputs[1]!;
  const axis = typeOf(h).axes.at(-1)!.name;
  const total = write("sum", [write("mul", [h, normalized], {})], { axes: [axis] });
  const projection = write("stretch", [total, scale], {});
  return write("sub", [number(0), write("div", [projection, scale], {})], {});
}

function lessMean(step: Way, x: Name, center: boolean): Name {
  return center ? step.write("sub", [x, lastMean(step, x)], {}) : x;
}

function lastMean({ write, typeOf }: Way, x: Name): Name {
  return write("mean", [x], { axes: [typeOf(x).axes.at(-1)!.name] });
}

function once(make: () => Name): () => Name {
  let name: Name | undefined;
  return () => (name ??= make());
}
