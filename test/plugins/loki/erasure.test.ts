/** One person's lines are found as whole words and whole values, and deleted by requests that take nothing else. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import type { Backend, Found } from "../../../src/contract/contract.ts";
import { PluginError } from "../../../src/contract/errors.ts";
import {
  DAY,
  failure,
  type Given,
  HOUR,
  harvest,
  heldBy,
  NOW,
  never,
  put,
  SECOND,
  stage,
} from "./support.ts";

setDefaultTimeout(60_000);

const LINES = [
  "user=12 logs in",
  "user=123 logs in",
  "user=12",
  "12",
  "order 4712 of user_12",
  'body={"id":12}',
  "nothing",
];
const THEIRS = ["user=12 logs in", "user=12", "12", 'body={"id":12}'];

const lines = (texts: readonly string[], start = NOW - HOUR): Given[] =>
  texts.map((line, index) => ({ time: start + BigInt(index) * SECOND, line }));

const find = (backend: Backend, where: string, id: string, over = {}): Promise<Found[]> =>
  Array.fromAsync(backend.find?.({ id, where, ...over }, never) ?? []);

const erase = async (backend: Backend, id: string, found: readonly Found[]) =>
  (await backend.erase?.({ id, found }, never))?.outcomes ?? [];

type Requested = { query: string; request_id: string; status: string };

const requestsOf = async (url: string): Promise<Requested[]> =>
  (await (await fetch(`${url}/loki/api/v1/delete`)).json()) as Requested[];

const textsIn = (held: readonly string[]): string[] =>
  held.map((one) => JSON.parse(/ \d+ ("(?:[^"\\]|\\.)*") /.exec(one)?.[1] ?? '""'));

test("a line is theirs where the identifier is a whole word; hidden at once, and gone when Loki has had its time", async () => {
  let now = NOW;
  await using here = stage({ now: () => now });
  put(here.face, { app: "shop" }, lines(LINES));
  put(here.face, { app: "other" }, lines(["user=12 elsewhere"]));
  const where = '{app="shop"} |= "{id}"';
  const found = await find(here.backend, where, "12");
  expect(found).toMatchObject([{ unit: "entries", count: 4, where: `the lines of ${where}` }]);
  expect(found[0]?.range).toEqual({ from: NOW - HOUR, to: NOW - HOUR + 5n * SECOND + 1n });

  const [outcome] = await erase(here.backend, "12", found);
  expect(outcome).toMatchObject({ state: "owed", count: 4 });
  expect(outcome?.due).toBe(NOW + 24n * HOUR + 2n * HOUR + 600n * SECOND);
  expect(await find(here.backend, where, "12")).toEqual([]);
  expect(heldBy(here.face).length).toBe(8);
  expect(textsIn(heldBy(here.face, DAY)).length).toBe(8);

  now += 25n * HOUR;
  expect(await erase(here.backend, "12", found)).toMatchObject([{ state: "owed" }]);
  expect(textsIn(heldBy(here.face))).toEqual(
    expect.arrayContaining(LINES.filter((line) => !THEIRS.includes(line))),
  );
  expect(heldBy(here.face).length).toBe(4);
  now += 3n * HOUR;
  expect(await erase(here.backend, "12", found)).toEqual([{ state: "erased", count: 4 }]);
  expect((await requestsOf(here.url)).length).toBe(1);
});

test("asked twice, it is one request; and one that was cancelled is made again", async () => {
  await using here = stage();
  put(here.face, { app: "shop" }, lines(LINES));
  const found = await find(here.backend, '{app="shop"} |= "{id}"', "12");
  await erase(here.backend, "12", found);
  await erase(here.backend, "12", found);
  const [request, ...others] = await requestsOf(here.url);
  expect(others).toEqual([]);
  await fetch(`${here.url}/loki/api/v1/delete?request_id=${request?.request_id}`, { method: "DELETE" });
  expect((await find(here.backend, '{app="shop"} |= "{id}"', "12"))[0]?.count).toBe(4);
  await erase(here.backend, "12", found);
  expect((await requestsOf(here.url)).length).toBe(1);
});

test("structured metadata and labels are theirs where they are the whole value", async () => {
  await using here = stage();
  const entry = (line: string, user: string, at: bigint): Given => ({
    ...{ time: NOW - HOUR + at, line },
    metadata: { user },
  });
  put(here.face, { app: "shop" }, [entry("a", "12", 0n), entry("b", "123", 1n), entry("c", "12 34", 2n)]);
  put(here.face, { app: "shop", customer: "12" }, lines(["d", "e"]));
  put(here.face, { app: "shop", customer: "312" }, lines(["f"]));
  const byMetadata = await find(here.backend, '{app="shop"} | user="{id}"', "12");
  const byLabel = await find(here.backend, '{customer="{id}"}', "12");
  expect([byMetadata[0]?.count, byLabel[0]?.count]).toEqual([1, 2]);
  expect(
    JSON.stringify([byMetadata, byLabel], (_, value) => (typeof value === "bigint" ? "" : value)),
  ).not.toMatch(/\b12\b/);
  await erase(here.backend, "12", [...byMetadata, ...byLabel]);
  const left = (await harvest(here.backend)).lines.get("logs.json")?.join("\n") ?? "";
  for (const gone of ["a", "d", "e"]) expect(left).not.toContain(`"${gone}"`);
  for (const kept of ["b", "c", "f"]) expect(left).toContain(`"${kept}"`);
});

test("a template says more than the identifier, and a range less than all", async () => {
  await using here = stage();
  put(here.face, { app: "shop" }, lines(LINES));
  const count = async (where: string, over = {}) =>
    (await find(here.backend, where, "12", over))[0]?.count ?? 0;
  expect(await count('{app="shop"} |= "user={id}"')).toBe(2);
  expect(await count('{app="shop"} |= "user_{id}"')).toBe(1);
  expect(await count('{app="shop"} |= "{id}" != "logs"')).toBe(3);
  expect(await count('{app="shop"} |~ "log(s|in)" |= `{id}`')).toBe(1);
  expect(
    await count('{app="shop"} |= "{id}"', {
      range: { from: NOW - HOUR + 2n * SECOND, to: NOW - HOUR + 4n * SECOND },
    }),
  ).toBe(2);
  expect(await count('{app="none"} |= "{id}"')).toBe(0);
});

test("an identifier is never a pattern, and ends no text of the query", async () => {
  const ids = [
    'a"} |= "',
    "a.b",
    "x|y",
    "c:\\d",
    "O'Neil",
    "naïve",
    "漢字",
    "a`b",
    "{id}",
    "a+b@c.de",
    "$1",
    "a\u2028b",
  ];
  await using here = stage();
  const others = ["axb", "x", "y", "c:d", "ONeil", "naive", "漢", "ab", "id", "aab@c.de", "1"];
  put(here.face, { app: "shop" }, lines([...ids.map((id) => `of ${id} here`), ...others]));
  for (const id of ids) {
    const found = await find(here.backend, '{app="shop"} |= "{id}"', id);
    expect([id, found[0]?.count]).toEqual([id, 1]);
    expect(await erase(here.backend, id, found)).toMatchObject([{ state: "owed", count: 1 }]);
  }
  const { counts } = await harvest(here.backend);
  expect(counts.entries).toBe(others.length);
});

test("a filter that would take more than was found takes nothing", async () => {
  await using here = stage();
  put(here.face, { app: "shop" }, lines(LINES));
  const found = await find(here.backend, '{app="shop"} |= "{id}"', "12");
  put(here.face, { app: "shop" }, [{ time: NOW - HOUR + 1n, line: "late, of user=12" }]);
  const [outcome] = await erase(here.backend, "12", found);
  expect(outcome).toMatchObject({ state: "impossible", count: 4 });
  expect(outcome?.reason).toContain("would take 5 lines, and 4 were found");
  expect(await requestsOf(here.url)).toEqual([]);
});

test.each([
  [{ retention_enabled: false }, "compactor.retention_enabled"],
  [{ deletion_mode: "filter-only" }, "limits_config.deletion_mode: filter-only"],
  [{ deletion_mode: "disabled" }, "limits_config.deletion_mode: disabled"],
] as const)("a Loki that does not delete says which setting to change: %j", async (limits, setting) => {
  await using here = stage({ limits });
  put(here.face, { app: "shop" }, lines(LINES));
  const found = await find(here.backend, '{app="shop"} |= "{id}"', "12");
  expect(found[0]?.count).toBe(4);
  const [outcome] = await erase(here.backend, "12", found);
  expect(outcome).toMatchObject({ state: "impossible", count: 4 });
  expect(outcome?.reason).toContain(setting);
  expect((await find(here.backend, '{app="shop"} |= "{id}"', "12"))[0]?.count).toBe(4);
});

test.each([
  "{id}",
  '{app="shop"}',
  '{app="shop"} |~ "user={id}.*"',
  '{app=~"{id}.*"}',
  '{app="shop"} != "{id}"',
  '{app="shop"} | json | user="{id}"',
  '{app="shop"} |= "{id}" or "x"',
  '{app=~".*"} |= "{id}"',
])("a place that is not exact is refused: %s", async (where) => {
  await using here = stage();
  put(here.face, { app: "shop" }, lines(LINES));
  const error = await failure(find(here.backend, where, "person-12"));
  expect(error).toBeInstanceOf(PluginError);
  expect(error).toMatchObject({ kind: "invalid" });
  expect(String(error)).not.toContain("person-12");
});

test("an identifier that is no word is refused", async () => {
  await using here = stage();
  for (const id of ["", " ", "-", '"'])
    expect(await failure(find(here.backend, '{app="shop"} |= "{id}"', id))).toMatchObject({
      kind: "invalid",
    });
});

test("lines that queries do not show are not taken for lines that are not there", async () => {
  await using here = stage({ limits: { max_query_lookback: "30m" } });
  const error = await failure(find(here.backend, '{app="shop"} |= "{id}"', "12"));
  expect(String(error)).toContain("not everything can be found");
});

test("the identifier stands in no error, and in no export that is made meanwhile", async () => {
  await using here = stage();
  put(here.face, { app: "shop" }, lines(["of person-12", "of nobody"]));
  const found = await find(here.backend, '{app="shop"} |= "{id}"', "person-12");
  await erase(here.backend, "person-12", found);
  const exported = await harvest(here.backend);
  expect(
    JSON.stringify([...exported.lines, ...exported.objects, exported.problems], (_, value) =>
      typeof value === "bigint" ? String(value) : value,
    ),
  ).not.toContain("person-12");
  expect(exported.problems).toMatchObject([{ kind: "not-contained" }]);
  const body = 'parse error in {app="shop"} |= "person-12"';
  here.faults.add({ kind: "status", path: "query_range", status: 400, body });
  const error = await failure(find(here.backend, '{app="shop"} |= "{id}"', "person-12"));
  expect(String(error)).toContain("{id}");
  expect(String(error)).not.toContain("person-12");
});

test("many lines over many pages, some in one nanosecond: all of theirs, and no other", async () => {
  await using here = stage({ options: { pageSize: 7 } });
  const texts = Array.from({ length: 300 }, (_, index) =>
    index % 3 === 0 ? `user=12 ${index}` : `user=123 ${index}`,
  );
  put(
    here.face,
    { app: "shop" },
    texts.slice(0, 150).map((line) => ({ time: NOW - HOUR, line })),
  );
  put(here.face, { app: "shop", pod: "b" }, lines(texts.slice(150)));
  const found = await find(here.backend, '{app="shop"} |= "{id}"', "12");
  expect(found[0]?.count).toBe(100);
  await erase(here.backend, "12", found);
  expect((await harvest(here.backend)).counts.entries).toBe(200);
});

test("whatever the lines and whoever it is: what is found is gone, and nothing else is", async () => {
  const word = fc.constantFrom(
    "12",
    "123",
    "a12",
    "12_",
    "é12",
    "12é",
    "x.y",
    "xzy",
    "User",
    " ",
    "=",
    "-",
    "\n",
    "ø",
  );
  const text = fc.array(word, { maxLength: 5 }).map((parts) => parts.join(""));
  const id = fc.constantFrom("12", "x.y", "User", "12=", "é12");
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 12 }), id, async (texts, who) => {
      await using here = stage();
      put(here.face, { app: "shop" }, lines(texts));
      const theirs = texts.filter((line) => isTheirs(line, who)).length;
      const where = '{app="shop"} |= "{id}"';
      const found = await find(here.backend, where, who);
      expect(found[0]?.count ?? 0).toBe(theirs);
      await erase(here.backend, who, found);
      expect(await find(here.backend, where, who)).toEqual([]);
      const { counts } = await harvest(here.backend);
      expect(counts.entries ?? 0).toBe(texts.length - theirs);
    }),
    { numRuns: 60 },
  );
});

/** By splitting into words, not by a pattern. */
function isTheirs(line: string, id: string): boolean {
  for (let at = line.indexOf(id); at >= 0; at = line.indexOf(id, at + 1)) {
    const beside = [line.slice(0, at).at(-1), line.slice(at + id.length).at(0)];
    if (!beside.some((one) => one !== undefined && /[\p{L}\p{N}_]/u.test(one))) return true;
  }
  return false;
}
