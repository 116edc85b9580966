/** Dashboards to provision, wherever they come from: a directory, or this program. */
import type { DashboardDraft } from "../contract/contract.ts";

export interface DashboardSource {
  /** Parents before what lies in them. */
  readonly folders: readonly SourceFolder[];
  readonly dashboards: readonly SourceDashboard[];
  /** Dashboards that the server would not take. */
  readonly refused?: readonly FileProblem[];
}

export interface SourceFolder {
  /** `/` between parts; what the source calls it. */
  readonly path: string;
  /** The path of the folder that it lies in; empty at the root. */
  readonly parent: string;
  readonly title: string;
  /** Where the source says it; else a folder of this title is looked for. */
  readonly uid?: string;
  readonly description?: string;
}

export interface SourceDashboard {
  /** The file, relative to the source. */
  readonly file: string;
  /** The path of its folder; empty at the root. */
  readonly folder: string;
  readonly draft: DashboardDraft;
}

/** Files that cannot be provisioned, each with its reason. Nothing was written. */
export class DashboardFilesError extends Error {
  override readonly name = "DashboardFilesError";
  readonly problems: readonly FileProblem[];
  readonly hint = "Nothing was written. Mend these files, then provision again.";

  constructor(problems: readonly FileProblem[]) {
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more files)` : "";
    super(`${first?.file}: ${first?.reason}${more}`);
    this.problems = problems;
  }
}

export interface FileProblem {
  readonly file: string;
  readonly reason: string;
}

/** A uid that is always the same for the same place in a source, in letters that every server takes. */
export const derivedUid = (place: string): string =>
  `cc-${new Bun.CryptoHasher("sha256").update(place).digest("hex").slice(0, 16)}`;
