/**
 * One kind of Grafana object. Export, inventory and reconciliation counts, selectors, restore order and the restore itself
 * follow from this declaration; no other code distinguishes kinds.
 */
import {
  type Cursor,
  type JsonObject,
  type Problem,
  type Range,
  type RestoreAnswer,
  type RestoreBatch,
  type RestoreDiagnostic,
  type Split,
  type Step,
  v,
} from "contextcore";
import type { Fields } from "./json.ts";
import type { Selector, Thing } from "./selector.ts";
import type { Server, World } from "./server.ts";

/** Objects with a file each, such as dashboards; or records with a time, of which many share a file, such as annotations. */
export type Kind = ObjectKind | LineKind;

interface CommonKind {
  /** In a selector: `kind=dashboard`. */
  readonly name: string;
  /** For people: `alert rules`. */
  readonly plural: string;
  /** One, for people: `alert rule group`. */
  readonly singular: string;
  /** The unit that one counts as. */
  readonly unit: string;
  /** The kinds that a restore must write before this one. */
  readonly needs: readonly Kind[];
  /** The server's own count, if it has one; preferably from another source than the list. */
  count?(reading: Reading): Promise<number>;
  /** What an inventory counts, if that differs. */
  readonly inventory?: { readonly unit: string; count(server: Server): Promise<number> };
  /** How it is read, for the manifest, if that depends on the server. */
  note?(world: World): string;
  /** What this Grafana would refuse or change when such objects are restored. */
  foresee?(server: Server, world: World): Promise<readonly RestoreDiagnostic[]>;
}

/** Objects with one file each. */
export interface ObjectKind extends CommonKind {
  /** The directory of their files below `grafana/`; its last part is also the `kind` of the cursor that lists them. */
  readonly folder: string;
  list(reading: Reading, cursor: Cursor): Promise<Listing>;
  /** Divides a cursor whose list Grafana fails at: into pages, or other lists of the same objects. */
  split?(reading: Reading, cursor: Cursor): Split | Promise<Split>;
  /** For objects that the list does not return completely. */
  readonly one?: ReadOne;
  /** What selectors match, and what it depends on. @throws PluginError `invalid` when it is damaged */
  describe(object: Fields): Described;
  /**
   * Finds what the server holds in the place of objects, as an export would write it now; `undefined` where there is nothing.
   * A list that is needed for this is read once for all of them.
   */
  place(server: Server): Place;
  /** What of an object counts when two are compared, without what the server sets itself; its names are for people. */
  plain(object: Fields): Fields;
  /** Names what the server's object lacks, if it is otherwise equal to a part of the saved one. */
  lacking?(saved: Fields, held: Fields): string | undefined;
  /** Restores one object unless it exists. @throws PluginError `invalid` when the file has another shape */
  readonly put: Put;
}

/** Objects stored as lines of one data file. */
export interface LineKind extends CommonKind {
  readonly file: string;
  /** The first cursor for a range; its `kind` is the unit. */
  start(range: Range): Cursor;
  read(server: Server, cursor: Cursor): Promise<Step>;
  /** Divides a cursor whose answer Grafana fails at. */
  split(server: Server, cursor: Cursor): Promise<Split>;
  describe(line: string): Described;
  put(restoring: Restoring, batch: RestoreBatch): Promise<RestoreAnswer>;
}

/** The server, to read from. */
export interface Reading extends Server {
  /** If only some dashboards are requested: those, and their parent folders. */
  readonly selector?: Selector | undefined;
}

/** Finds what the server holds in the place of an object. */
export type Place = (object: Fields) => Promise<Fields | undefined>;

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

/** One object in a list, with what its file is named after: the object itself, or the cursor that reads it. */
export type Item = Titled & {
  /** Its folder, if `directory` does not say; with a title in case the account may not see that folder. */
  readonly folderUid?: string;
  readonly folderTitle?: string;
} & ({ readonly object: unknown } | { readonly cursor: JsonObject });

/** How one object is read individually. */
interface ReadOne {
  /** The `kind` of its cursor; the other fields come from the list. */
  readonly cursor: string;
  /** What a problem calls it. */
  label(cursor: Cursor): string;
  /** Divides a cursor whose object cannot be read whole. */
  split?(cursor: Cursor): Split;
  read(server: Server, cursor: Cursor): Promise<Content>;
}

/** The contents of the file for an object that was read individually. */
export interface Content {
  /** Absent: only the other file was read. */
  readonly text?: string;
  readonly problems: readonly Problem[];
  /** The same for another tool: a file with another extension that counts as something else. */
  readonly beside?: { readonly extension: string; readonly text: string; readonly unit: string };
}

/** Reads one by a cursor that has these fields. */
export function readOne<Entries extends v.ObjectEntries>(
  cursor: string,
  entries: Entries,
  typed: {
    label(cursor: v.InferOutput<v.ObjectSchema<Entries, undefined>>): string;
    split?(cursor: Cursor): Split;
    read(server: Server, cursor: v.InferOutput<v.ObjectSchema<Entries, undefined>>): Promise<Content>;
  },
): ReadOne {
  const schema = v.object(entries);
  return {
    cursor,
    label: (one) => typed.label(v.parse(schema, one)),
    read: (server, one) => typed.read(server, v.parse(schema, one)),
    ...(typed.split === undefined ? {} : { split: typed.split }),
  };
}

/** What a selector compares, and how objects depend on each other. */
export interface Described extends Omit<Thing, "kind" | "folders"> {
  /** Absent: such objects are in no folder. Empty at the root. A folder's is its own uid, so it contains itself. */
  readonly folderUid?: string;
  /** For a folder: its parent. */
  readonly parentUid?: string;
  /** The names by which objects of any kind refer to it. */
  readonly called: readonly string[];
  /** What it depends on: `datasource/mimir`, by the other's kind and one of its names. */
  readonly refers: readonly string[];
}

/** The server, to put things back. */
export interface Restoring extends Server {
  /** Values for secrets, by `<uid or name>/<field>`; `*` stands for any uid. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Restore objects that another tool owns as ordinary ones. */
  readonly managed: boolean;
  /** Replace what differs. */
  readonly replaces: boolean;
}

/** Writes one object of a snapshot to the server. @throws PluginError `invalid` when the object has another shape */
export type Put = (restoring: Restoring, object: Fields, file: string) => Promise<Outcome>;

/** The outcome of restoring one object. */
export type Outcome =
  /** `replaced`: in what the one differed that was there before. */
  | { readonly done: "created"; readonly problems?: readonly Problem[]; readonly replaced?: string }
  | { readonly done: "existing" }
  /** Another one is in its place, and stays. */
  | { readonly done: "differs"; readonly what: string }
  | { readonly done: "refused"; readonly reason: string };
