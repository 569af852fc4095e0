/** @file Operations along a sequence: each one's way back is one that runs from the end to the beginning. */
import type { Name } from "../builder.ts";
import type { Rule } from "./rule.ts";

export const shift: Rule<"shift"> = ({ attributes: { axis, by }, gradient, write }) => [
  () => write("shift", [gradient], { axis, by: -by }),
];

export const cumulate: Rule<"cumulate"> = ({ attributes, gradient, write }) => [
  () => write("cumulate", [gradient], flipDirection(attributes)),
];

/** Of x: the same convolution from the end; of tap j: the sum of gradient times the x that the tap read. */
export const convolve: Rule<"convolve"> = ({ inputs, attributes, gradient, write, typeOf }) => {
  const [x, w] = inputs as [Name, Name];
  const { axis, reverse = false } = attributes;
  const [channel, tap] = typeOf(w).axes as [
    { name: string; size: number },
    { name: string; size: number },
  ];
  const gradientOfTap = (index: number) => {
    const back = tap.size - 1 - index;
    const read = write("shift", [x], { axis, by: reverse ? -back : back });
    const others = typeOf(x).axes.flatMap(({ name }) => (name === channel.name ? [] : [name]));
    const total = write("sum", [write("mul", [gradient, read], {})], { axes: others });
    const into = [channel, { name: tap.name, size: 1 }];
    return write("splitAxis", [total], { axis: channel.name, into });
  };
  return [
    () => write("convolve", [gradient, w], flipDirection(attributes)),
    () =>
      write(
        "concat",
        Array.from({ length: tap.size }, (_, index) => gradientOfTap(index)),
        {
          axis: tap.name,
        },
      ),
  ];
};

/**
 * With s the gradient of u: s[t] = gradient[t] + a[t + 1] s[t + 1], which is a recurrence from the end, and the gradient of
 * a[t] is s[t] h[t - 1]; of a recurrence from the end both the other way round.
 */
export const recur: Rule<"recur"> = ({ inputs, output, attributes, gradient, write }) => {
  const [a] = inputs as [Name, Name];
  const { axis, reverse = false } = attributes;
  const s = () => write("recur", [a, gradient], flipDirection(attributes));
  const before = (x: Name) => write("shift", [x], { axis, by: 1 });
  return [() => write("mul", reverse ? [before(s()), output] : [s(), before(output)], {}), s];
};

function flipDirection({
  axis,
  reverse = false,
}: {
  readonly axis: string;
  readonly reverse?: boolean;
}) {
  return reverse ? { axis } : { axis, reverse: true };
}
