/** Numbers and lists as people write them. */

/** `1 window`, `2,300 windows`. @param many needed only if it is not the singular with an `s` */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** `there is 1`, `there are 2,300`. */
export const thereAre = (count: number): string =>
  `there ${count === 1 ? "is" : "are"} ${count.toLocaleString("en")}`;

/** `loki`, `loki and tempo`, `loki, mimir and tempo`. */
export const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
