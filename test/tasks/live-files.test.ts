/** A comparison with servers has its snapshot's files open until it is done, and none of them afterwards. */
import { expect, test } from "bun:test";
import { chooseAll } from "../../src/snapshot/catalog/choose.ts";
import { readKept } from "../../src/snapshot/catalog/kept.ts";
import { localStorage } from "../../src/storage/local.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { comparedLive } from "../../src/tasks/verify.ts";
import { fakeBackend } from "../export/fake-backend.ts";
import { runExport, scratch } from "../export/run.ts";

const { signal } = new AbortController();
const OBJECTS = 30;

/** The same place, which counts the files that are open. */
function counting(place: Storage, open: Set<object>): Storage {
  return {
    ...place,
    within: (name) => counting(place.within(name), open),
    async open(name) {
      const file = await place.open(name);
      const close = () => {
        open.delete(file);
        return file.close();
      };
      open.add(file);
      return { ...file, close };
    },
  };
}

test("all objects of a snapshot are compared, and all files closed", async () => {
  using dir = scratch();
  const fake = fakeBackend({ streams: 0, objects: OBJECTS });
  await runExport(dir.path, [fake]);
  const open = new Set<object>();
  const { chains } = chooseAll(await readKept(counting(localStorage(dir.path), open)), () => true);
  const compare = async (lines: readonly unknown[]) =>
    lines.map(() => ({ state: "equal" as const, name: "it" }));
  const backend = {
    ...fake.backend,
    restore: { order: {}, preflight: async () => [], apply: async () => ({ written: {} }), compare },
  };
  const waitFor = () => ({ answered: () => undefined, [Symbol.dispose]: () => undefined });
  const [report] = await comparedLive(
    { chains },
    { backends: [{ ...fake, backend }], failures: [], signal, waitFor },
  );
  expect(report?.objects?.equalCounts).toEqual({ objects: OBJECTS });
  expect(open.size).toBe(0);
});
