/**
 * Makes what everybody in the process uses unchangeable, before the first third party's plugin is loaded: a plugin that
 * changes it gets a TypeError at once, in its own hook, and the others never notice. Globals of new names, and the
 * objects that a plugin makes, are its own business.
 */

/** The language's own constructors and namespaces, and those of the runtime that the core relies on. */
const NAMES: readonly string[] = [
  "Object", "Function", "Array", "String", "Number", "BigInt", "Boolean", "Symbol", "RegExp", "Date", "Promise", "Map",
  "Set", "WeakMap", "WeakSet", "WeakRef", "Error", "TypeError", "RangeError", "SyntaxError", "ReferenceError",
  "AggregateError", "DOMException", "JSON", "Math", "Reflect", "Proxy", "Atomics", "Intl", "Iterator", "ArrayBuffer",
  "SharedArrayBuffer", "Uint8Array", "Int32Array", "Float64Array", "BigInt64Array", "BigUint64Array", "DataView",
  "Buffer", "URL", "URLSearchParams", "Headers", "Request", "Response", "Blob", "FormData", "Event", "EventTarget",
  "AbortController", "AbortSignal", "TextEncoder", "TextDecoder", "ReadableStream",
]; // biome-ignore format: a list of words
const FUNCTIONS: readonly string[] = [
  "fetch", "setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "queueMicrotask",
  "structuredClone", "parseInt", "parseFloat", "isNaN", "isFinite", "encodeURIComponent", "decodeURIComponent", "atob",
  "btoa", "crypto", "performance", "console",
]; // biome-ignore format: a list of words

/** What the core calls of objects that have much more, some of it made only when it is looked at. */
const CALLED: Readonly<Record<string, readonly string[]>> = {
  Bun: [
    "file", "write", "sleep", "inspect", "deepEquals", "stringWidth", "sliceAnsi", "hash", "CryptoHasher", "SHA256",
    "Transpiler", "Glob", "which", "resolveSync", "spawn", "spawnSync", "serve", "gunzipSync", "zstdCompressSync",
    "zstdDecompressSync", "zstdDecompress", "randomUUIDv7",
  ],
  process: ["nextTick", "cwd", "hrtime", "memoryUsage", "emitWarning", "binding"],
}; // biome-ignore format: a list of words

/**
 * Members that objects often get their own of by assignment, which a read-only one in their prototype would forbid (the
 * "override mistake" of the language). All of these prototypes' members, and in the others those of these names.
 */
const OVERRIDDEN_IN = /^(Object|Function|Event|EventTarget|\w*Error)$/;
const OVERRIDDEN: ReadonlySet<PropertyKey> = new Set([
  "toString",
  "toLocaleString",
  "valueOf",
  "toJSON",
  "name",
]);
/** Packages set it in good faith, and nothing of the core depends on it. */
const LEFT_OPEN: ReadonlySet<string> = new Set(["Error.stackTraceLimit"]);

let hardened = false;

/**
 * Does it once; there is no way back. About two thousand properties, in a few milliseconds. Exports then take between a
 * twentieth and a fifth more of the processor, since some of what the runtime optimizes is tied to the prototypes' first shape.
 * @param more classes of the program's own that it shares with plugins, by name
 */
export function hardenGlobals(more: Readonly<Record<string, unknown>>): void {
  if (hardened) return;
  hardened = true;
  for (const name of NAMES) hardenWithPrototype(name, Reflect.get(globalThis, name));
  for (const [name, value] of Object.entries(more)) hardenWithPrototype(name, value);
  for (const [name, value] of hidden()) harden(name, value);
  for (const [name, keys] of Object.entries(CALLED)) {
    const target: unknown = Reflect.get(globalThis, name);
    for (const key of keys) if (isObject(target)) lock(target, key, `${name}.${key}`);
  }
  for (const name of [...NAMES, ...Object.keys(CALLED), ...FUNCTIONS]) lock(globalThis, name, name);
}

function hardenWithPrototype(name: string, value: unknown): void {
  if (!isObject(value)) return;
  hardenOwn(name, value);
  harden(name, Reflect.get(value, "prototype"));
}

/** What no global leads to: iterators, generators, the other kinds of functions. */
function hidden(): [name: string, prototype: unknown][] {
  const of = (value: unknown): unknown => (isObject(value) ? Reflect.getPrototypeOf(value) : undefined);
  return [
    ["TypedArray", of(Uint8Array.prototype)],
    ["ArrayIterator", of([].values())],
    ["MapIterator", of(new Map().values())],
    ["SetIterator", of(new Set().values())],
    ["StringIterator", of(""[Symbol.iterator]())],
    ["RegExpStringIterator", of("".matchAll(/x/g))],
    ["Generator", of(of((function* () {})()))],
    ["AsyncGenerator", of(of((async function* () {})()))],
    ["AsyncIterator", of(of(of((async function* () {})())))],
    ["AsyncFunction", of(async () => undefined)],
  ];
}

/** A constructor or a namespace: what it has is read-only; whether it may get more decides nothing. */
function hardenOwn(name: string, target: unknown): void {
  if (!isObject(target)) return;
  for (const key of Reflect.ownKeys(target)) lock(target, key, `${name}.${String(key)}`);
}

/** A prototype: everything inherits from it, so it may get nothing new, either. */
function harden(name: string, target: unknown): void {
  if (!isObject(target)) return;
  const all = OVERRIDDEN_IN.test(name);
  for (const key of Reflect.ownKeys(target)) {
    const shown = `${name}.prototype.${String(key)}`;
    if (all || OVERRIDDEN.has(key)) lockForHeirs(target, key, shown);
    else lock(target, key, shown);
  }
  Object.preventExtensions(target);
}

function lock(target: object, key: PropertyKey, shown: string): void {
  const found = Reflect.getOwnPropertyDescriptor(target, key);
  if (found === undefined || LEFT_OPEN.has(shown)) return;
  const change = "value" in found ? { writable: false, configurable: false } : { configurable: false };
  Reflect.defineProperty(target, key, change);
}

/** Reads as before; an assignment to an heir gives that one its own, and one to `target` itself is refused. */
function lockForHeirs(target: object, key: PropertyKey, shown: string): void {
  const found = Reflect.getOwnPropertyDescriptor(target, key);
  if (found === undefined || !("value" in found) || !found.configurable) {
    lock(target, key, shown);
    return;
  }
  const { value, enumerable = false } = found;
  Object.defineProperty(target, key, {
    get: () => value,
    set(this: unknown, own: unknown) {
      if (this === target || !isObject(this))
        throw new TypeError(`${shown} is used by the whole program, and a plugin may not change it`);
      Object.defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
    },
    enumerable,
    configurable: false,
  });
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";
