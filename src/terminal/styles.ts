/**
 * The styles of our own text. Each escape sequence carries a random number that only this run of the program knows, so one in
 * a text from elsewhere is recognized as foreign, and made visible.
 */
import { randomBytes } from "node:crypto";
import { visible } from "../units/visible.ts";

/** The codes that begin and end each style. */
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

type Style = keyof typeof CODES;

/** How to paint text; without colours every style leaves it as it is. */
export type Colors = Readonly<Record<Style, (text: string) => string>> & {
  readonly isColorSupported: boolean;
};

/** Code that measures or cuts lines takes it for one more parameter of the style, so it costs no width. */
const SEAL = BigInt(`0x${randomBytes(16).toString("hex")}`).toString();
const sealed = (code: number): string => `\u001b[${code};${SEAL}m`;
const SEALED = new RegExp(`(\u001b\\[\\d+;${SEAL}m)`);
const toPlain = (style: string): string => style.replace(`;${SEAL}`, "");

const painter =
  ([begin, end]: readonly [number, number]) =>
  (text: string): string =>
    // A style that ends within the text may end this one, too.
    `${sealed(begin)}${text.replaceAll(sealed(end), `${sealed(end)}${sealed(begin)}`)}${sealed(end)}`;

const asItIs = (text: string): string => text;

/** When there are colours. `auto`: on a terminal, unless the environment says otherwise. */
export const COLOR_WISHES = ["auto", "always", "never"] as const;
/** What `--color` may say. */
export type ColorWish = (typeof COLOR_WISHES)[number];

type Env = Readonly<Record<string, string | undefined>>;

/**
 * `FORCE_COLOR` (any value but none, `0` and `false`) wins over `NO_COLOR` (any value but none, https://no-color.org), as with
 * most programs that know both; then a terminal has colours, but not with `TERM=dumb` or `CI`.
 */
function isColoured({ isTTY }: { readonly isTTY?: boolean }, env: Env): boolean {
  const forced = env.FORCE_COLOR;
  if (forced) return forced !== "0" && forced !== "false";
  return isTTY === true && !env.NO_COLOR && !env.CI && env.TERM !== "dumb";
}

/** Colours for one stream. */
export function colorsFor(stream: { readonly isTTY?: boolean }, env: Env, wish: ColorWish = "auto"): Colors {
  const isColorSupported = wish === "auto" ? isColoured(stream, env) : wish === "always";
  const paint = (style: Style) => (isColorSupported ? painter(CODES[style]) : asItIs);
  const [bold, dim, red] = [paint("bold"), paint("dim"), paint("red")];
  return {
    bold,
    dim,
    red,
    green: paint("green"),
    yellow: paint("yellow"),
    cyan: paint("cyan"),
    isColorSupported,
  };
}

const eachPiece = (text: string, ofStyle: (style: string) => string): string =>
  text
    .split(SEALED)
    .map((piece, index) => (index % 2 === 1 ? ofStyle(piece) : visible(piece)))
    .join("");

/** A text in which only our styles are left that a terminal would obey. Line breaks are made visible, too. */
export const visibleStyled = (text: string): string => eachPiece(text, asItIs);

/** The text as it is written to a terminal, without the seals. Do not pass the result through here again. */
export const written = (text: string): string => eachPiece(text, toPlain);
