/** A store keeps named objects whole and unchanged, and does nothing it was not asked to. */

import type { NewObject, Store } from "../contract/contract.ts";
import { PluginError } from "../contract/errors.ts";
import { inParallel } from "../units/in-parallel.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, require, within } from "./check.ts";
import {
  AT_ONCE,
  checksumOf,
  failureOf,
  inPieces,
  isSameBytes,
  listObjects,
  readObject,
  requireListing,
  sample,
  sampleObject,
  show,
  withArea,
  writeObject,
} from "./store-area.ts";
import type { Subject } from "./subject.ts";

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
  "é".repeat(100),
  "a",
  "a.b",
];

const BAD_NAMES = [
  ...["", "/", "/a", "a/", "a//b", "..", "a/../../b", "./a", "a/.", "a\\b", "a\nb", "a\0b", "a\u007f"],
  ...["\ud800", "x".repeat(901), `${"é".repeat(450)}x`],
];

/** Everything that takes a name. */
const usesOf = (store: Store, name: string): Readonly<Record<string, () => Promise<unknown>>> => ({
  write: () => writeObject(store, name, sample(1)),
  stat: async () => store.stat(name, NEVER),
  read: () => readObject(store, name),
  remove: async () => store.remove(name, NEVER),
});

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
          const said = await writeObject(store, at, bytes);
          require(said ===
            "written", `write answered ${JSON.stringify(said)} for an object that did not exist`);
          require(isSameBytes(
            await readObject(store, at),
            bytes,
          ), `${size} bytes were written, and others are read`);
          const known = await store.stat(at, NEVER);
          require(known?.size === size && known.name === at, `stat of ${size} bytes says ${show(known)}`);
          require(known.sha256 === undefined ||
            known.sha256 === checksumOf(bytes), "stat gives a SHA-256 that does not match the bytes");
        }
      }),
  },
  {
    name: "store-ranges",
    why: "one hour is restored from a large file without reading the rest",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        const bytes = sample(200_000);
        await writeObject(store, name("x"), bytes);
        for (const [from, to] of [
          [0, 1],
          [0, 200_000],
          [199_999, 200_000],
          [65_535, 131_073],
        ] as const) {
          const found = await readObject(store, name("x"), from, to);
          require(isSameBytes(found, bytes.subarray(from, to)), `the bytes from ${from} to ${to} are others`);
        }
        const beyond = await failureOf(
          () => readObject(store, name("x"), 199_999, 200_001),
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
        await writeObject(store, name("x"), sample(100_000));
        await writeObject(store, name("x"), sample(10, 2));
        require(isSameBytes(
          await readObject(store, name("x")),
          sample(10, 2),
        ), "a shorter object did not replace another");
        require((await listObjects(store, name("x"))).length ===
          1, "an object that was replaced is listed twice");
      }),
  },
  {
    name: "store-if-absent",
    why: "when several commit the same step, exactly one may win",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        const only = { ifAbsent: true };
        const racing = await Promise.all(
          Array.from({ length: 8 }, (_, at) => writeObject(store, name("race"), sample(5_000, at), only)),
        );
        const won = racing.filter((said) => said === "written").length;
        require(won === 1, `of 8 who wrote one object at once, ${won} were told that they did`);
        const winner = sample(5_000, racing.indexOf("written"));
        require(isSameBytes(await readObject(store, name("race")), winner), "the object is not the winner's");
        const said = await writeObject(store, name("race"), sample(1), only);
        require(said === "there already", `writing it again only if absent answered ${JSON.stringify(said)}`);
        require(isSameBytes(
          await readObject(store, name("race")),
          winner,
        ), "writing only if absent replaced the object");
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
          "another checksum": { sha256: checksumOf(sample(3)) },
          "too few bytes": { bytes: inPieces(bytes.subarray(1)) },
          "too many bytes": { bytes: inPieces(sample(150_001)) },
          "bytes that break off": { bytes: broken() },
        };
        await writeObject(store, name("there"), sample(7));
        for (const [what, over] of Object.entries(cases)) {
          const fresh = await failureOf(() => writeObject(store, name("new"), bytes, over), what);
          require(fresh !== undefined, `${what} were written`);
          require((await store.stat(name("new"), NEVER)) === undefined, `${what} left an object`);
        }
        await failureOf(
          () => writeObject(store, name("there"), bytes, cases["another checksum"]),
          "a replacement",
        );
        require(isSameBytes(
          await readObject(store, name("there")),
          sample(7),
        ), "a failed write damaged the existing object");
        require((await listObjects(store, name(""))).length === 1, "a failed write is listed");
      }),
  },
  {
    name: "store-list-complete",
    why: "what a listing leaves out is taken for lost, or is never pruned",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        const names = Array.from({ length: MANY }, (_, at) => name(`many/${String(at).padStart(5, "0")}`));
        await inParallel(names, (one) => writeObject(store, one, sample(1)), AT_ONCE);
        await writeObject(store, name("many-more"), sample(1));
        const found = (await listObjects(store, name("many/"))).map((one) => one.name).sort();
        require(new Set(found).size === found.length, "an object is listed twice");
        require(found.length === MANY, `of ${MANY} objects ${found.length} are listed`);
        require(Bun.deepEquals(found, names), "the listed names are not those that were written");
        const some = await listObjects(store, name("many/0000"));
        require(some.length === 10, `a prefix within a part finds ${some.length} objects, not 10`);
        await requireListing(store, name("many/00000"));
        require((await listObjects(store, name("none"))).length ===
          0, "a prefix that no name has finds something");
      }),
  },
  {
    name: "store-remove",
    why: "what is erased is gone, with every version of it",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        await writeObject(store, name("x"), sample(10));
        await writeObject(store, name("x"), sample(20));
        await writeObject(store, name("xy"), sample(1));
        await store.remove(name("x"), NEVER);
        require((await store.stat(name("x"), NEVER)) === undefined, "a removed object is still known");
        const failure = await failureOf(() => readObject(store, name("x")), "reading what was removed");
        require(failure?.kind === "not-found", "reading a missing object is not `not-found`");
        await store.remove(name("x"), NEVER);
        require((await writeObject(store, name("x"), sample(3), { ifAbsent: true })) ===
          "written", "a removed object blocks a new one");
        const sizes = (await listObjects(store, name(""))).map(({ size }) => size).sort();
        require(Bun.deepEquals(
          sizes,
          [1, 3],
        ), `removing one object took another, or left it: ${show(sizes)}`);
        await store.remove(name("x"), NEVER);
        require((await listObjects(store, name(""))).length === 1, "a removed object is listed");
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
            () => writeObject(store, name(rest), sample(5, at)),
            `the name ${show(rest)}`,
          );
          require(failure === undefined ||
            failure.kind === "invalid", `the name ${show(rest)} is refused as ${failure?.kind}`);
          if (failure === undefined) kept.push(rest);
        }
        for (const rest of kept) {
          const bytes = await readObject(store, name(rest));
          require(isSameBytes(
            bytes,
            sample(5, GOOD_NAMES.indexOf(rest)),
          ), `another object is read as ${show(rest)}`);
        }
        const listed = (await listObjects(store, name(""))).map((one) => one.name).sort();
        require(Bun.deepEquals(listed, kept.map(name).sort()), "names are not listed as they were written");
        require(kept.includes("a/b/c.json"), "a plain name with slashes is refused");
        for (const bad of BAD_NAMES)
          for (const [what, work] of Object.entries(usesOf(store, bad))) {
            const failure = await failureOf(work, `the name ${show(bad)}`);
            require(failure?.kind === "invalid", `${what} takes the name ${show(bad)}`);
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
        const object = sampleObject(name("x"), sample(20), { bytes: slow() });
        const written = store.write(object, controller.signal).catch(() => undefined);
        setTimeout(() => controller.abort(new Error("the check gave up")), 50);
        await within(CANCEL_MS + 50, written, "write did not end after it was cancelled:");
        require((await store.stat(name("x"), NEVER)) ===
          undefined, "a write that was cancelled left an object");
      }),
  },
];
