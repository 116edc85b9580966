/** The basic values of the contract. */

/** The kinds of data. */
export const SIGNALS = ["traces", "metrics", "logs", "dashboards", "records", "files"] as const;
/** One of {@link SIGNALS}. `records`: database rows, cache keys. `files`: files in directories. */
export type Signal = (typeof SIGNALS)[number];

/** How much it would matter to lose the data. */
export const IMPORTANCES = ["low", "medium", "high", "critical"] as const;
/** One of {@link IMPORTANCES}. */
export type Importance = (typeof IMPORTANCES)[number];

/**
 * Numbers by unit: `entries`, `samples`, `spans`, `traces`, `series`, `dashboards` …
 *
 * A unit ending in `InRange` counts the part of another unit that lies within the requested range: `spansInRange` beside
 * `spans`, when a trace is kept whole although it extends beyond the range. People see it only if the two numbers differ; JSON
 * and the manifest always have both.
 */
export type Counts = Readonly<Record<string, number>>;
