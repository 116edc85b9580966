import type { Run } from "../../api/shapes.ts";

/** As it answered, or as it was asked for. */
export const modelOf = ({ modelAnswered, modelAsked }: Run): string =>
  modelAnswered ?? modelAsked ?? "not known";

const count = (value: number | undefined): string => (value === undefined ? "–" : value.toLocaleString("en"));

/** What is not known is a dash, never a zero. */
export const tokensText = ({ tokensInput, tokensOutput }: Run): string =>
  `${count(tokensInput)}, ${count(tokensOutput)}`;

/** From its start to its end. */
export const tookText = ({ started, ended }: Run): string =>
  ended === undefined ? "–" : secondsText(started, ended);

/** `850 ms`, `12.3 s`. */
export function secondsText(from: string, to: string): string {
  const ms = Date.parse(to) - Date.parse(from);
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toLocaleString("en", { maximumFractionDigits: 1 })} s`;
}
