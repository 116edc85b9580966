/** What every part of the contract is made of. */

/** What JSON holds. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };
/** A JSON object; members that are `undefined` are left out. */
export type JsonObject = { readonly [key: string]: Json | undefined };

/** What kinds of data there are. */
export type Signal = "traces" | "metrics" | "logs" | "dashboards";
/** How much it would matter to lose it. */
export type Importance = "low" | "medium" | "high" | "critical";

/** Numbers by unit: `entries`, `samples`, `spans`, `traces`, `series`, `dashboards` … */
export type Counts = Readonly<Record<string, number>>;
