/** What every part of the contract is made of. */

/** What kinds of data there are. */
export const SIGNALS = ["traces", "metrics", "logs", "dashboards", "records", "files"] as const;
/** One of {@link SIGNALS}. `records`: rows of a database, keys of a cache. `files`: what lies in directories. */
export type Signal = (typeof SIGNALS)[number];

/** How much it would matter to lose it. */
export const IMPORTANCES = ["low", "medium", "high", "critical"] as const;
/** One of {@link IMPORTANCES}. */
export type Importance = (typeof IMPORTANCES)[number];

/**
 * Numbers by unit: `entries`, `samples`, `spans`, `traces`, `series`, `dashboards` …
 *
 * A unit that ends in `InRange` counts what of another unit lies within the range that was asked for: `spansInRange` beside
 * `spans`, where a trace is kept whole though it reaches beyond the range. People are shown it only where the two numbers
 * differ; JSON and the manifest have both.
 */
export type Counts = Readonly<Record<string, number>>;
