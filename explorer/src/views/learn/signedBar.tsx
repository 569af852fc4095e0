interface Props {
  readonly value: number;
  /** The lowest and the highest of all bars that are compared; zero lies between them or at an end. */
  readonly ends: readonly [low: number, high: number];
}

/** A bar to the right of a line at zero, or to the left of it. */
export function SignedBar({ value, ends: [low, high] }: Props) {
  const share = (of: number) => `${(100 * of) / (high - low || 1)}%`;
  return (
    <span class="signed" aria-hidden="true">
      <span class="zero" style={{ left: share(-low) }} />
      <span
        class={value < 0 ? "bar against" : "bar for"}
        style={{ marginLeft: share(Math.min(value, 0) - low), width: share(Math.abs(value)) }}
      />
    </span>
  );
}

/** The ends of bars with these values. */
export function endsOf(values: Iterable<number>): readonly [low: number, high: number] {
  const finite = [...values].filter(Number.isFinite);
  return [Math.min(0, ...finite), Math.max(0, ...finite)];
}
