import type { HttpClient } from "contextcore";
import type { Finder } from "./find.ts";
import type { FetchTrace } from "./trace-by-id.ts";

/** What the steps of an export work with. */
export interface Source {
  readonly http: HttpClient;
  readonly finder: Finder;
  readonly fetchTrace: FetchTrace;
  /** About how many bytes of records one step yields. */
  readonly stepBytes: number;
}
