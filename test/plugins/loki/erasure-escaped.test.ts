/** One person's words in lines that are JSON or quoted themselves. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Backend, Found } from "../../../src/contract/contract.ts";
import { failure, type Given, HOUR, harvest, NOW, never, put, SECOND, stage } from "./support.ts";

setDefaultTimeout(60_000);

const lines = (texts: readonly string[], start = NOW - HOUR): Given[] =>
  texts.map((line, index) => ({ time: start + BigInt(index) * SECOND, line }));

const find = (backend: Backend, where: string, id: string): Promise<Found[]> =>
  Array.fromAsync(backend.find?.({ id, where }, never) ?? []);

test("a word behind an escape is theirs; where the filter takes that for more, nothing is deleted", async () => {
  await using here = stage();
  const where = '{app="shop"} |= "{id}"';
  const theirs = [
    String.raw`{"from":"Ann \u003cann@example.com\u003e"}`,
    String.raw`msg="to\tann@example.com"`,
    "ann@example.com",
  ];
  put(here.face, { app: "shop" }, lines([...theirs, "joann@example.com", "ann@example.community"]));
  const found = await find(here.backend, where, "ann@example.com");
  expect(found).toMatchObject([{ count: 3 }]);
  await here.backend.erase?.({ id: "ann@example.com", found }, never);
  expect(await find(here.backend, where, "ann@example.com")).toEqual([]);
  expect((await harvest(here.backend)).counts.entries).toBe(2);
  put(here.face, { app: "shop" }, lines([String.raw`the path C:\nann`, "to ann"], NOW - HOUR / 2n));
  const error = await failure(find(here.backend, where, "ann"));
  expect(String(error)).toContain("also finds lines in which the identifier is no word");
});
