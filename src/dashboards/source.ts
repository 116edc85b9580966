/** Dashboards to provision, wherever they come from: a directory, or this program. */
import type { DashboardDraft } from "../contract/contract.ts";

/** Folders and dashboards, read and checked before anything is written to a server. */
export interface DashboardSource {
  /** Parents before their contents. */
  readonly folders: readonly SourceFolder[];
  readonly dashboards: readonly SourceDashboard[];
  /** Dashboards that the server would refuse. */
  readonly refused?: readonly FileProblem[];
}

/** A folder as its directory and its `_folder.json` have it. */
export interface SourceFolder {
  /** The source's name for it, with `/` between parts. */
  readonly path: string;
  /** The path of its parent folder; empty at the root. */
  readonly parent: string;
  readonly title: string;
  /** If the source sets it; otherwise the folder is found by title. */
  readonly uid?: string;
  readonly description?: string;
}

/** A dashboard as its file has it. */
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
  readonly hint = "Nothing was written. Fix these files, then provision again.";

  constructor(problems: readonly FileProblem[]) {
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more files)` : "";
    super(`${first?.file}: ${first?.reason}${more}`);
    this.problems = problems;
  }
}

/** A file that cannot be provisioned, and why. Its path is relative to the source. */
export interface FileProblem {
  readonly file: string;
  readonly reason: string;
}

/** A uid that depends only on the place in a source, in characters that every server accepts. */
export const derivedUid = (place: string): string =>
  `cc-${new Bun.CryptoHasher("sha256").update(place).digest("hex").slice(0, 16)}`;
