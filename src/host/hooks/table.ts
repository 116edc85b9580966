/**
 * The one table of the contract's hooks: how each is called, how long it may take, and what it answers. Guards, the processes of
 * third-party plugins and `plugin info` follow from it; a hook of the contract that is missing here does not compile.
 */
import * as v from "valibot";
import type { Backend, Sink, Store } from "../../contract/contract.ts";
import { ANSWERS } from "./answers.ts";
import { methodOf } from "./members.ts";

/** What a plugin may have. */
export interface Faces {
  readonly backend: Backend;
  readonly sink: Sink;
  readonly store: Store;
}
/** `backend`, `sink` or `store`: a part of a plugin that is opened by itself. */
export type FaceName = keyof Faces;

/**
 * - `call`: takes its arguments and a signal, and answers once.
 * - `stream`: takes the same, and yields pieces; `answer` is the shape of a piece.
 * - `feed`: takes bytes in pieces, besides its arguments and a signal.
 * - `local`: answers at once and takes no signal.
 */
type Way = "call" | "stream" | "feed" | "local";

type BytesAt = number | string;

/** `lookMs`: it only looks. `workMs`: it works. */
export type LimitKind = "lookMs" | "workMs";

/** A row of the table: how one hook is called, and which answer is accepted. */
export interface Hook {
  readonly way: Way;
  readonly limit: LimitKind;
  readonly answer: v.GenericSchema;
  /** A face or a part of it without this hook is of no use. */
  readonly isRequired?: true;
  /** It is nothing that a user would have a plugin for: `plugin info` does not list it. */
  readonly isUntold?: true;
  /** Where a `feed` takes its bytes: as this argument, or as this member of its first one. Absent for other ways. */
  readonly bytesAt?: BytesAt;
}

type AnyMethod = (...args: never[]) => unknown;
/** `isRequired` in the row of every method that the contract requires, and of no other. */
type Row<Part, Key extends keyof Part> = Hook &
  (undefined extends Part[Key] ? { readonly isRequired?: never } : { readonly isRequired: true });
type Own<Face> = {
  readonly [Key in keyof Face & string as NonNullable<Face[Key]> extends AnyMethod ? Key : never]-?: Row<
    Face,
    Key
  >;
};
type Below<Part, Name extends string> = {
  readonly [Key in keyof Part & string as NonNullable<Part[Key]> extends AnyMethod
    ? `${Name}.${Key}`
    : never]-?: Row<Part, Key>;
};
/** The names of the parts of a face that have methods of their own: `export`, `restore`. */
type PartName<Face> = {
  [Key in keyof Face & string]-?: NonNullable<Face[Key]> extends AnyMethod ? never : Key;
}[keyof Face & string];
type UnionToIntersection<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;
/** A row for every method of a face, and of its parts. */
type Rows<Face> = Own<Face> &
  UnionToIntersection<{ [Name in PartName<Face>]: Below<NonNullable<Face[Name]>, Name> }[PartName<Face>]>;

const look = <Schema extends v.GenericSchema>(answer: Schema) =>
  ({ way: "call", limit: "lookMs", answer }) as const;
const work = <Schema extends v.GenericSchema>(answer: Schema) =>
  ({ way: "call", limit: "workMs", answer }) as const;
const yields = <Schema extends v.GenericSchema>(limit: LimitKind, answer: Schema) =>
  ({ way: "stream", limit, answer }) as const;
const takes = <Schema extends v.GenericSchema>(bytesAt: BytesAt, answer: Schema) =>
  ({ way: "feed", limit: "workMs", bytesAt, answer }) as const;
const local = <Schema extends v.GenericSchema>(answer: Schema) =>
  ({ way: "local", limit: "lookMs", answer }) as const;
const isRequired = true;
/** The engine checks it, because it stores it; or there is no answer. */
const anything = v.unknown();

/** The hooks of a backend, by the path of the method in the contract. */
export const BACKEND_HOOKS = {
  inventory: { ...look(ANSWERS.inventory), isRequired },
  size: { ...look(ANSWERS.size), isRequired },
  count: look(ANSWERS.count),
  splitCount: { ...look(ANSWERS.splitCount), isUntold: true },
  limits: look(ANSWERS.limits),
  flush: work(anything),
  tenants: look(ANSWERS.tenants),
  find: yields("workMs", ANSWERS.find),
  erase: work(ANSWERS.erase),
  "stored.find": { ...yields("workMs", ANSWERS.storedRecord), isRequired },
  "stored.records": { ...yields("workMs", ANSWERS.storedRecord), isRequired },
  "stored.erase": { ...work(ANSWERS.storedErasure), isRequired },
  findExpired: look(ANSWERS.findExpired),
  expire: work(ANSWERS.expire),
  "export.checkMatch": { ...look(anything), isUntold: true },
  "export.start": { ...work(anything), isRequired },
  "export.step": { ...work(anything), isRequired },
  "export.split": look(anything),
  "export.read": yields("workMs", anything),
  "export.continueFrom": takes(0, anything),
  "restore.rank": local(anything),
  "restore.ranks": look(ANSWERS.ranks),
  "restore.matcher": local(ANSWERS.matches),
  "restore.selection": work(anything),
  "restore.preflight": { ...look(ANSWERS.preflight), isRequired },
  "restore.compare": work(ANSWERS.compare),
  "restore.apply": { ...work(ANSWERS.applied), isRequired },
  "restore.applyBytes": takes(1, ANSWERS.applied),
  "restore.applyContents": takes(1, ANSWERS.applied),
  "restore.settleMs": look(ANSWERS.settleMs),
  "dashboards.list": { ...look(ANSWERS.dashboards), isRequired },
  "dashboards.read": { ...look(ANSWERS.dashboard), isRequired },
  "dashboards.parse": { ...local(ANSWERS.draft), isRequired },
  "dashboards.write": { ...look(anything), isRequired },
  "dashboards.remove": { ...look(anything), isRequired },
  "dashboards.createFolder": { ...look(anything), isRequired },
  "dashboards.renameFolder": { ...look(anything), isRequired },
  "dashboards.removeFolder": { ...look(anything), isRequired },
} as const satisfies Rows<Backend>;

/** The hooks of a sink, by the path of the method in the contract. */
export const SINK_HOOKS = {
  probe: { ...look(anything), isRequired, isUntold: true },
  deliver: { ...look(anything), isRequired },
  history: look(ANSWERS.history),
} as const satisfies Rows<Sink>;

/** The hooks of a store, by the path of the method in the contract. */
export const STORE_HOOKS = {
  list: { ...yields("lookMs", ANSWERS.storedObject), isRequired },
  stat: { ...look(v.optional(ANSWERS.storedObject)), isRequired },
  read: { ...yields("lookMs", ANSWERS.bytes), isRequired },
  write: { ...takes("bytes", ANSWERS.writeOutcome), isRequired },
  remove: { ...work(anything), isRequired },
  retainUntil: look(anything),
  "lifecycle.read": { ...look(ANSWERS.lifecycle), isRequired },
  "lifecycle.write": { ...look(anything), isRequired },
  "lifecycle.retrieval": look(v.optional(v.string())),
} as const satisfies Rows<Store>;

/** The rows of each face. */
export const HOOK_TABLE: Readonly<Record<FaceName, Readonly<Record<string, Hook>>>> = {
  backend: BACKEND_HOOKS,
  sink: SINK_HOOKS,
  store: STORE_HOOKS,
};

/** Whether each part of a face is optional. */
const IS_OPTIONAL = {
  backend: { export: false, restore: true, dashboards: true, stored: true },
  sink: {},
  store: { lifecycle: true },
} satisfies {
  readonly [Name in FaceName]: {
    readonly [Part in PartName<Faces[Name]>]: undefined extends Faces[Name][Part] ? true : false;
  };
};

/** Whether the contract lets a face lack this part. */
export const isOptionalPart = (face: FaceName, part: string): boolean =>
  Object.entries(IS_OPTIONAL[face]).some(([name, isOptional]) => name === part && isOptional);

/**
 * The names, for people, of what every face of this kind has, such as `export`. A store's hooks have too general names, so it
 * is only called `store`.
 */
export function requiredParts(face: FaceName): string[] {
  const names = Object.entries(HOOK_TABLE[face]).flatMap(([path, { isRequired, isUntold }]) => {
    const [part = "", name] = path.split(".");
    if (isRequired !== true || isUntold || (name !== undefined && isOptionalPart(face, part))) return [];
    return [face === "store" ? face : part];
  });
  return [...new Set(names)];
}

/** The names, for people, of the optional parts and hooks that a face has: `restore`, `split`. */
export function optionalParts(face: FaceName, opened: object): string[] {
  const names = Object.entries(HOOK_TABLE[face]).flatMap(([path, { isRequired, isUntold }]) => {
    const [part = "", name] = path.split(".");
    if (methodOf(opened, path) === undefined || isUntold) return [];
    if (name !== undefined && isOptionalPart(face, part)) return [part];
    return isRequired === true ? [] : [name ?? part];
  });
  return [...new Set(names)];
}

/** The name of a hook in messages: of an export's and a restore's hook without its part, of a store's with its face. */
export function hookName(face: FaceName, path: string): string {
  if (face === "store" && !path.includes(".")) return `store.${path}`;
  return path.replace(/^(export|restore)\./, "");
}

/** The bytes among the arguments of a `feed`. */
export const bytesIn = (args: readonly unknown[], at: BytesAt): AsyncIterable<Uint8Array> =>
  (typeof at === "number" ? args[at] : Reflect.get(Object(args[0]), at)) as AsyncIterable<Uint8Array>;

/** The same arguments with something else in the place of the bytes. */
export const withBytesAt = (args: readonly unknown[], at: BytesAt, bytes: unknown): unknown[] =>
  typeof at === "number" ? args.with(at, bytes) : [{ ...Object(args[0]), [at]: bytes }, ...args.slice(1)];
