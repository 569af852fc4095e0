/**
 * Which column is the largest of each row.
 *
 * @param matrix numbers [row, column], `columns` in a row
 * @returns the column of each row's largest number; -1 where two are equally large, so that a matrix of equal numbers has no top
 */
export function topOfEach(matrix: ArrayLike<number>, columns: number): number[] {
  return Array.from({ length: matrix.length / columns }, (_, row) => {
    let [top, isTie] = [0, false];
    const at = (column: number) => matrix[row * columns + column]!;
    for (let column = 1; column < columns; column++) {
      if (at(column) > at(top)) [top, isTie] = [column, false];
      else if (at(column) === at(top)) isTie = true;
    }
    return isTie ? -1 : top;
  });
}
