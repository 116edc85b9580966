import picocolors from "picocolors";

export type Colors = ReturnType<typeof picocolors.createColors>;

/**
 * Colours for one stream: only on a terminal, never with `NO_COLOR` (any value but the empty one, https://no-color.org),
 * `TERM=dumb` or `CI`.
 */
export function colorsFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Colors {
  const wanted = stream.isTTY === true && !env.NO_COLOR && !env.CI && env.TERM !== "dumb";
  return picocolors.createColors(wanted);
}
