/** What every part of the contract is made of. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

export type Signal = "traces" | "metrics" | "logs" | "dashboards";
export type Importance = "low" | "medium" | "high" | "critical";

/** Numbers by unit: `entries`, `samples`, `spans`, `traces`, `series`, `dashboards` … */
export type Counts = Readonly<Record<string, number>>;
