/** Snapshots as earlier versions wrote them are written anew, too. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { temporaryDirectory } from "../../support/directory.ts";
import { differences, rewritten } from "./rewriting.ts";

setDefaultTimeout(60_000);

const FIXTURES = resolve(import.meta.dir, "../../fixtures");
const below = (folder: string): string[] =>
  readdirSync(join(FIXTURES, folder)).map((name) => join(FIXTURES, folder, name));
const old = [
  ...below("snapshots"),
  ...below("project-0-1/project/backups").filter((path) => /\/\d{8}-\d{6}(-\d+)?$/.test(path)),
];

test.each(old)("%s", async (fixture) => {
  const path = join(temporaryDirectory(), "20260124-143000");
  cpSync(fixture, path, { recursive: true });
  let first: string | undefined;
  const placed = await rewritten(path, {
    isGone: ({ kind }, { content }) => {
      first ??= kind === "records" ? content : undefined;
      return content === first;
    },
  });
  const files = Object.values(await differences(path, placed?.path ?? ""));
  expect(files.filter(([gone = 0]) => gone > 0).length).toBe(1);
  expect(files.every(([, more]) => more === 0)).toBe(true);
});
