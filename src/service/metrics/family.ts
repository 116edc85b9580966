/** Families and their samples, made in one line each. */
import type { Family, Sample } from "./exposition.ts";

/** A family of values that rise and fall. */
export const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  type: "gauge",
  help,
  samples,
});

/** A family of sums. */
export const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  ...gauge(name, help, samples),
  type: "counter",
});

/** One sample, or none where the value is not known. */
export const one = (value: number | undefined, labels?: Sample["labels"]): Sample[] =>
  value === undefined ? [] : [labels === undefined ? { value } : { labels, value }];

/** ms in the unit that metrics have. */
export const inSeconds = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : ms / 1000;
