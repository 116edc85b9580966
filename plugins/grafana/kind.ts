/**
 * What there is to say about one kind of thing that Grafana keeps. An export, the counts of inventory and reconciliation,
 * selectors, the order of a restore and the restore itself follow from it; nothing else knows the kinds apart.
 */
import {
  type Cursor,
  type JsonObject,
  type Problem,
  type Range,
  type RestoreAnswer,
  type RestoreBatch,
  type RestoreDiagnostic,
  type Step,
  v,
} from "contextcore";
import type { Fields } from "./json.ts";
import type { Selector, Thing } from "./selector.ts";
import type { Server, World } from "./server.ts";

export type Kind = ObjectKind | LineKind;

interface CommonKind {
  /** In a selector: `kind=dashboard`. */
  readonly name: string;
  /** To a person: `alert rules`. */
  readonly plural: string;
  /** What one counts as. */
  readonly unit: string;
  /** The kinds that a restore has to put back before this one. */
  readonly needs: readonly Kind[];
  /** The server's own number of them, where it can say: from another source than the list, if there is one. */
  count?(reading: Reading): Promise<number>;
  /** What an inventory counts, where that is something else. */
  readonly inventory?: { readonly unit: string; count(server: Server): Promise<number> };
  /** How it is read, for the manifest; where that depends on the server. */
  note?(world: World): string;
  /** What this Grafana would refuse or change in a restore of such things. */
  foresee?(server: Server, world: World): Promise<readonly RestoreDiagnostic[]>;
}

/** Things that have one file each. */
export interface ObjectKind extends CommonKind {
  /** Where their files lie, below `grafana/`; its last part is also the `kind` of the cursor that lists them. */
  readonly folder: string;
  list(reading: Reading, cursor: Cursor): Promise<Listing>;
  /** For things of which the list does not give everything. */
  readonly one?: ReadOne;
  /** What selectors find it by, and what it is of no use without. @throws PluginError `invalid` when it is damaged */
  describe(object: Fields): Described;
  /** Puts back one object unless it is there. @throws PluginError `invalid` when the file has another shape */
  readonly put: Put;
}

/** Things that are the lines of one data file. */
export interface LineKind extends CommonKind {
  readonly file: string;
  /** The first cursor for a range; its `kind` is the unit. */
  start(range: Range): Cursor;
  read(server: Server, cursor: Cursor): Promise<Step>;
  describe(line: string): Described;
  put(restoring: Restoring, batch: RestoreBatch): Promise<RestoreAnswer>;
}

/** The server, to read from. */
export interface Reading extends Server {
  /** Where only some dashboards are asked for, with the folders above them. */
  readonly selector?: Selector | undefined;
}

/** What a list found. */
export interface Listing {
  readonly items: readonly Item[];
  readonly problems?: readonly Problem[];
  /** The pages that follow. */
  readonly next?: readonly Cursor[];
}

/** What a file is named after. */
export interface Titled {
  readonly uid: string;
  readonly title: string;
  /** Path parts below the kind's own directory. */
  readonly directory?: readonly string[];
}

/** One thing in a list, with what its file is named after: the object itself, or the cursor that reads it. */
export type Item = Titled & {
  /** The folder that it lies in, when `directory` does not say it; with a title in case the account may not see that folder. */
  readonly folderUid?: string;
  readonly folderTitle?: string;
} & ({ readonly object: unknown } | { readonly cursor: JsonObject });

/** How one thing is read by itself. */
export interface ReadOne {
  /** The `kind` of its cursor; the other fields are those that the list gave. */
  readonly cursor: string;
  /** What a problem calls it. */
  label(cursor: Cursor): string;
  read(server: Server, cursor: Cursor): Promise<Content>;
}

/** What the file of a thing that was read by itself holds. */
export interface Content {
  readonly text: string;
  readonly problems: readonly Problem[];
  /** The same for another tool: a file that differs in its extension, and counts as something else. */
  readonly beside?: { readonly extension: string; readonly text: string; readonly unit: string };
}

/** Reads one by a cursor that has these fields. */
export function readOne<Entries extends v.ObjectEntries>(
  cursor: string,
  entries: Entries,
  typed: {
    label(cursor: v.InferOutput<v.ObjectSchema<Entries, undefined>>): string;
    read(server: Server, cursor: v.InferOutput<v.ObjectSchema<Entries, undefined>>): Promise<Content>;
  },
): ReadOne {
  const schema = v.object(entries);
  return {
    cursor,
    label: (one) => typed.label(v.parse(schema, one)),
    read: (server, one) => typed.read(server, v.parse(schema, one)),
  };
}

/** What a selector compares, and how a thing hangs together with others. */
export interface Described extends Omit<Thing, "kind" | "folders"> {
  /** Absent: such things lie in no folder. Empty at the root; a folder's is its own uid, so that it lies in itself. */
  readonly folderUid?: string;
  /** For a folder: the one above it. */
  readonly parentUid?: string;
  /** What others of any kind call it. */
  readonly called: readonly string[];
  /** What it is of no use without: `datasource/mimir`, by the other's kind and one of the names it is called. */
  readonly refers: readonly string[];
}

/** The server, to put things back. */
export interface Restoring extends Server {
  /** Values for secrets, by `<uid or name>/<field>`; `*` stands for any uid. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Put back objects that another tool owns, as ordinary ones. */
  readonly managed: boolean;
}

export type Put = (restoring: Restoring, object: Fields, file: string) => Promise<Outcome>;

/** How putting back one object ended. */
export type Outcome =
  | { readonly done: "created"; readonly problems?: readonly Problem[] }
  | { readonly done: "existing" }
  | { readonly done: "refused"; readonly reason: string };
