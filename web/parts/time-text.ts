const short = new Intl.DateTimeFormat(undefined, {
  ...{ year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
});

/** A time in words of the reader's zone. */
export const timeText = (ms: number): string => short.format(ms);
