/** What a snapshot says of its data does not name a person either. */
import { expect, test } from "bun:test";
import type { Step } from "contextcore";
import { readManifest } from "../../../src/snapshot/read/manifest-file.ts";
import { fakeBackend } from "../../export/fake-backend.ts";
import { runExport, scratch } from "../../export/run.ts";
import { everything, rewritten } from "./rewriting.ts";

const ID = "alice-4711";
const blot = (text: string): string => text.replaceAll(ID, "-");

/** Its cursors, its problems, its notes and the names of its objects hold the identifier. */
const naming = () =>
  fakeBackend({
    name: "fake",
    streams: 1,
    hooks: {
      export: {
        start: async () => ({
          cursors: [{ of: ID }, { of: `${ID}-2` }, { of: "others" }],
          notes: { read: `for ${ID}` },
        }),
        step: async ({ of }): Promise<Step> => ({
          objects: [{ path: `fake/${of}.json`, text: `{"of":"${of}"}\n`, unit: "objects" }],
          problems: [{ kind: "lossy", reason: `${of} has too much`, items: [`${of}`] }],
        }),
      },
    },
  });

test("cursors, problems, notes and names of files are blotted out, and the snapshot stays sound", async () => {
  using directory = scratch();
  const { path: before } = await runExport(directory.path, [naming()]);
  expect(everything(before)).toContain(ID);
  const placed = await rewritten(before, {
    isGone: (_, { content }) => content.includes(`"${ID}"`),
    blot,
  });
  const after = everything(placed?.path ?? "");
  const [plugin] = (await readManifest(placed?.path ?? "")).plugins;
  expect(plugin?.files.map(({ path }) => path)).toEqual(["fake/--2.json", "fake/others.json", "logs.json"]);
  expect(plugin?.notes).toMatchObject({ read: "for -" });
  // The content of what stays is not a name: it goes by `isGone`, or stays as it is.
  expect(after.replaceAll(`{"of":"${ID}-2"}`, "")).not.toContain(ID);
  expect(placed?.remains).toEqual([]);
});

test("what a snapshot is found by stays, and is named", async () => {
  using directory = scratch();
  const { path: before } = await runExport(directory.path, [naming()]);
  const placed = await rewritten(before, { blot: (text) => text.replaceAll("fake", "-") });
  expect(placed?.remains).toEqual(["plugins[0].name", "plugins[0].url"]);
});
