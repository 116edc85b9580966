import { NS_PER_SECOND, type Range } from "contextcore";

/** Two parts whose border is a whole second, since search knows no less; `undefined` when there is none within. */
export function halved({ from, to }: Range): readonly [Range, Range] | undefined {
  const middle = ((from + to) / 2n / NS_PER_SECOND) * NS_PER_SECOND;
  const border = middle > from ? middle : middle + NS_PER_SECOND;
  if (border >= to) return undefined;
  return [
    { from, to: border },
    { from: border, to },
  ];
}
