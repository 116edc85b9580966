/** Notices when a plugin changes what everybody in the process uses, and puts it back. */

type Snapshot = readonly { readonly name: string; readonly target: object; readonly members: Members }[];
type Members = ReadonlyMap<PropertyKey, PropertyDescriptor>;

/** The language's own objects and what the core relies on; new global names are nobody's business. */
const WATCHED: readonly string[] = [
  "Object", "Function", "Array", "String", "Number", "BigInt", "Boolean", "Symbol", "RegExp", "Date", "Promise", "Map",
  "Set", "WeakMap", "WeakSet", "Error", "TypeError", "RangeError", "JSON", "Math", "Reflect", "Uint8Array", "Buffer",
  "DataView", "URL", "URLSearchParams", "Headers", "Request", "Response", "AbortController", "AbortSignal",
  "TextEncoder", "TextDecoder", "ReadableStream",
]; // biome-ignore format: a list of words
const FUNCTIONS = ["fetch", "setTimeout", "clearTimeout", "setInterval", "queueMicrotask", "structuredClone"];

/** Remembers every member of the watched objects. About two thousand property reads. */
export function watchGlobals(): Snapshot {
  const own = (target: object, keys = Reflect.ownKeys(target)): Members =>
    new Map(keys.flatMap((key) => describe(target, key)));
  const watched = WATCHED.flatMap((name) => {
    const target: unknown = Reflect.get(globalThis, name);
    if (!isObject(target)) return [];
    const prototype: unknown = Reflect.get(target, "prototype");
    return [
      { name, target, members: own(target) },
      ...(isObject(prototype)
        ? [{ name: `${name}.prototype`, target: prototype, members: own(prototype) }]
        : []),
    ];
  });
  const names = [...WATCHED, ...FUNCTIONS];
  return [...watched, { name: "globalThis", target: globalThis, members: own(globalThis, names) }];
}

/** Puts back what was changed, removed or added since. @returns its names, such as `Array.prototype.map` */
export function restoreGlobals(snapshot: Snapshot): string[] {
  const changed: string[] = [];
  for (const { name, target, members } of snapshot) {
    const keys =
      name === "globalThis" ? members.keys() : new Set([...members.keys(), ...Reflect.ownKeys(target)]);
    for (const key of keys) {
      const before = members.get(key);
      if (same(before, Reflect.getOwnPropertyDescriptor(target, key))) continue;
      changed.push(`${name}.${String(key)}`);
      if (before === undefined) Reflect.deleteProperty(target, key);
      else Reflect.defineProperty(target, key, before);
    }
  }
  return changed;
}

function describe(target: object, key: PropertyKey): [PropertyKey, PropertyDescriptor][] {
  const descriptor = Reflect.getOwnPropertyDescriptor(target, key);
  return descriptor === undefined ? [] : [[key, descriptor]];
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

const same = (a: PropertyDescriptor | undefined, b: PropertyDescriptor | undefined): boolean =>
  a !== undefined && b !== undefined && Object.is(a.value, b.value) && a.get === b.get && a.set === b.set;
