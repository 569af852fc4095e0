interface ListProps {
  readonly title: string;
  readonly rows: readonly { readonly position: number; readonly weight: number }[];
  readonly nameOf: (position: number) => string;
  readonly number: (weight: number) => string;
}

/** Positions with the attention that they get, the largest first. */
export function WeightList({ title, rows, nameOf, number }: ListProps) {
  return (
    <table class="short">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">token</th>
          <th scope="col">weight</th>
        </tr>
      </thead>
      <tbody>
        {rows.length === 0 && (
          <tr>
            <th scope="row">none</th>
            <td>–</td>
          </tr>
        )}
        {rows.map(({ position, weight }) => (
          <tr key={position}>
            <th scope="row">
              <code>{nameOf(position)}</code>
            </th>
            <td>{number(weight)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
