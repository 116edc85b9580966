/** A store keeps named objects whole and unchanged, and does nothing it was not asked to. */

import type { NewObject, Store, StoredObject } from "../contract/contract.ts";
import { PluginError } from "../contract/errors.ts";
import { inParallel } from "../units/in-parallel.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, require, within } from "./check.ts";
import type { Subject } from "./subject.ts";

/** How many objects are written or removed at once. */
const AT_ONCE = 16;

/** Works under its own name prefix, and removes the objects at the end whatever happens. */
async function withArea<Result>(
  subject: Subject,
  work: (store: Store, name: (rest: string) => string) => Promise<Result>,
): Promise<Result> {
  const store = await subject.store();
  const area = `contextcore-conformance-${crypto.randomUUID().slice(0, 8)}/`;
  try {
    return await work(store, (rest) => area + rest);
  } finally {
    const left = await Array.fromAsync(store.list(area, NEVER));
    await inParallel(left, ({ name }) => store.remove(name, NEVER), AT_ONCE);
  }
}

const sha256 = (bytes: Uint8Array): string => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

async function* inPieces(bytes: Uint8Array, size = 70_001): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

const objectOf = (name: string, bytes: Uint8Array, over: Partial<NewObject> = {}): NewObject => ({
  name,
  size: bytes.length,
  sha256: sha256(bytes),
  bytes: inPieces(bytes),
  ...over,
});

const write = (store: Store, name: string, bytes: Uint8Array, over: Partial<NewObject> = {}) =>
  store.write(objectOf(name, bytes, over), NEVER);

/** Bytes of every value, without short repetitions. */
const sample = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => Math.imul(at + seed, 2_654_435_761) >>> 24);

async function read(store: Store, name: string, from?: number, to?: number): Promise<Uint8Array> {
  const range = from === undefined || to === undefined ? undefined : { from, to };
  return Buffer.concat(await Array.fromAsync(store.read(name, range, NEVER)));
}

async function list(store: Store, prefix: string): Promise<StoredObject[]> {
  return Array.fromAsync(store.list(prefix, NEVER));
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** What the work throws, which must be classified. */
async function failureOf(work: () => Promise<unknown>, what: string): Promise<PluginError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    require(error instanceof PluginError, `${what}: an unclassified ${String(error)}`);
    return error;
  }
}

/** One object more than the largest listing page we know of. */
const MANY = 1_001;
const CANCEL_MS = 1_000;

const GOOD_NAMES = [
  "a/b/c.json",
  "with blank",
  "plus+and%20percent",
  "a#b?c&d=e",
  "ünïcode-é-🧨",
  "UPPER",
  "upper",
  ".hidden",
  "-dash",
  "trailing.",
  "x".repeat(200),
  `${"deep/".repeat(30)}end`,
  "a",
  "a.b",
];

const BAD_NAMES = ["", "/", "/a", "a/", "a//b", "..", "a/../../b", "./a", "a/.", "a\\b", "a\nb", "a\0b"];

/** For stores. Each rule writes under names of its own, and removes what it wrote. */
export const storeRules: readonly Check<Subject>[] = [
  {
    name: "store-reads-back",
    why: "a copy is worth what can be read of it, byte for byte",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        for (const size of [0, 1, 65_536, 3_000_001]) {
          const bytes = sample(size, size);
          const at = name(`size-${size}`);
          const said = await write(store, at, bytes);
          require(said ===
            "written", `write answered ${JSON.stringify(said)} for an object that did not exist`);
          require(equal(await read(store, at), bytes), `${size} bytes were written, and others are read`);
          const known = await store.stat(at, NEVER);
          require(known?.size === size && known.name === at, `stat of ${size} bytes says ${show(known)}`);
          require(known.sha256 === undefined ||
            known.sha256 === sha256(bytes), "stat gives a SHA-256 that does not match the bytes");
        }
      }),
  },
  {
    name: "store-ranges",
    why: "one hour is restored from a large file without reading the rest",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        const bytes = sample(200_000);
        await write(store, name("x"), bytes);
        for (const [from, to] of [
          [0, 1],
          [0, 200_000],
          [199_999, 200_000],
          [65_535, 131_073],
        ] as const) {
          const found = await read(store, name("x"), from, to);
          require(equal(found, bytes.subarray(from, to)), `the bytes from ${from} to ${to} are others`);
        }
        const beyond = await failureOf(
          () => read(store, name("x"), 199_999, 200_001),
          "a range beyond the end",
        );
        require(beyond?.kind === "invalid", "a range beyond the object's end is not `invalid`");
      }),
  },
  {
    name: "store-replaces",
    why: "an object is what was written last, never a mixture",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        await write(store, name("x"), sample(100_000));
        await write(store, name("x"), sample(10, 2));
        require(equal(
          await read(store, name("x")),
          sample(10, 2),
        ), "a shorter object did not replace another");
        require((await list(store, name("x"))).length === 1, "an object that was replaced is listed twice");
      }),
  },
  {
    name: "store-if-absent",
    why: "when several commit the same step, exactly one may win",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        const only = { ifAbsent: true };
        const racing = await Promise.all(
          Array.from({ length: 8 }, (_, at) => write(store, name("race"), sample(5_000, at), only)),
        );
        const won = racing.filter((said) => said === "written").length;
        require(won === 1, `of 8 who wrote one object at once, ${won} were told that they did`);
        const winner = sample(5_000, racing.indexOf("written"));
        require(equal(await read(store, name("race")), winner), "the object is not the winner's");
        const said = await write(store, name("race"), sample(1), only);
        require(said === "there already", `writing it again only if absent answered ${JSON.stringify(said)}`);
        require(equal(await read(store, name("race")), winner), "writing only if absent replaced the object");
      }),
  },
  {
    name: "store-whole-or-nothing",
    why: "a write that breaks off, or whose bytes are not the ones announced, leaves nothing",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        const bytes = sample(150_000);
        async function* broken(): AsyncGenerator<Uint8Array> {
          yield bytes.slice(0, 100_000);
          throw new PluginError("temporary", "the source broke off");
        }
        const cases: Readonly<Record<string, Partial<NewObject>>> = {
          "another checksum": { sha256: sha256(sample(3)) },
          "too few bytes": { bytes: inPieces(bytes.subarray(1)) },
          "too many bytes": { bytes: inPieces(sample(150_001)) },
          "bytes that break off": { bytes: broken() },
        };
        await write(store, name("there"), sample(7));
        for (const [what, over] of Object.entries(cases)) {
          const fresh = await failureOf(() => write(store, name("new"), bytes, over), what);
          require(fresh !== undefined, `${what} were written`);
          require((await store.stat(name("new"), NEVER)) === undefined, `${what} left an object`);
        }
        await failureOf(() => write(store, name("there"), bytes, cases["another checksum"]), "a replacement");
        require(equal(
          await read(store, name("there")),
          sample(7),
        ), "a failed write damaged the existing object");
        require((await list(store, name(""))).length === 1, "a failed write is listed");
      }),
  },
  {
    name: "store-list-complete",
    why: "what a listing leaves out is taken for lost, or is never pruned",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        const names = Array.from({ length: MANY }, (_, at) => name(`many/${String(at).padStart(5, "0")}`));
        await inParallel(names, (one) => write(store, one, sample(1)), AT_ONCE);
        await write(store, name("many-more"), sample(1));
        const found = (await list(store, name("many/"))).map((one) => one.name).sort();
        require(new Set(found).size === found.length, "an object is listed twice");
        require(found.length === MANY, `of ${MANY} objects ${found.length} are listed`);
        require(Bun.deepEquals(found, names), "the listed names are not those that were written");
        const some = await list(store, name("many/0000"));
        require(some.length === 10, `a prefix within a part finds ${some.length} objects, not 10`);
        require((await list(store, name("none"))).length === 0, "a prefix that no name has finds something");
      }),
  },
  {
    name: "store-remove",
    why: "what is erased is gone, with every version of it",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        await write(store, name("x"), sample(10));
        await write(store, name("x"), sample(20));
        await write(store, name("xy"), sample(1));
        await store.remove(name("x"), NEVER);
        require((await store.stat(name("x"), NEVER)) === undefined, "a removed object is still known");
        const failure = await failureOf(() => read(store, name("x")), "reading what was removed");
        require(failure?.kind === "not-found", "reading a missing object is not `not-found`");
        require((await list(store, name(""))).length === 1, "removing one object took another, or left it");
        await store.remove(name("x"), NEVER);
        require((await write(store, name("x"), sample(3), { ifAbsent: true })) ===
          "written", "a removed object blocks a new one");
      }),
  },
  {
    name: "store-names",
    why: "a name is kept as it is or refused, and none leads out of the place",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        const kept: string[] = [];
        for (const [at, rest] of GOOD_NAMES.entries()) {
          const failure = await failureOf(
            () => write(store, name(rest), sample(5, at)),
            `the name ${show(rest)}`,
          );
          require(failure === undefined ||
            failure.kind === "invalid", `the name ${show(rest)} is refused as ${failure?.kind}`);
          if (failure === undefined) kept.push(rest);
        }
        for (const rest of kept) {
          const bytes = await read(store, name(rest));
          require(equal(
            bytes,
            sample(5, GOOD_NAMES.indexOf(rest)),
          ), `another object is read as ${show(rest)}`);
        }
        const listed = (await list(store, name(""))).map((one) => one.name).sort();
        require(Bun.deepEquals(listed, kept.map(name).sort()), "names are not listed as they were written");
        require(kept.includes("a/b/c.json"), "a plain name with slashes is refused");
        for (const bad of BAD_NAMES) {
          const failure = await failureOf(() => write(store, bad, sample(1)), `the name ${show(bad)}`);
          require(failure?.kind === "invalid", `the name ${show(bad)} is taken`);
        }
      }),
  },
  {
    name: "store-cancelled",
    why: "Ctrl-C must not wait for a server, and must leave nothing half-written",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        const controller = new AbortController();
        async function* slow(): AsyncGenerator<Uint8Array> {
          yield sample(20).slice(0, 10);
          await new Promise((resolve) =>
            controller.signal.addEventListener("abort", resolve, { once: true }),
          );
          yield sample(20).slice(10);
        }
        const object = objectOf(name("x"), sample(20), { bytes: slow() });
        const written = store.write(object, controller.signal).catch(() => undefined);
        setTimeout(() => controller.abort(new Error("the check gave up")), 50);
        await within(CANCEL_MS + 50, written, "write did not end after it was cancelled:");
        require((await store.stat(name("x"), NEVER)) ===
          undefined, "a write that was cancelled left an object");
      }),
  },
];

const show = (value: unknown): string =>
  JSON.stringify(value, (_, member) => (typeof member === "bigint" ? `${member}` : member)) ?? String(value);
