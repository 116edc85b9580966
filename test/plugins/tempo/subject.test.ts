/** One person's traces are found by TraceQL; Tempo erases none, and the program that can is named. */
import { describe, expect, test } from "bun:test";
import type { Backend, Found } from "contextcore";
import { theirQuery } from "../../../plugins/tempo/subject/query.ts";
import { HOUR, MINUTE, NOW, never, span, stage } from "./support.ts";
import { put } from "./traces.ts";

const attribute = (key: string, value: string) => ({ key, value: { kind: "string" as const, value } });

const found = (backend: Backend, where: string, id: string): Promise<Found[]> =>
  Array.fromAsync(backend.find?.({ id, where }, never) ?? []);

const tracesOf = (all: readonly Found[]): string[] =>
  all
    .flatMap(({ reference }) => (reference as { traces: string[] }).traces)
    .map((id) => id.replace(/^0+/, ""))
    .sort();

const erased = async (backend: Backend, all: readonly Found[]) =>
  (await backend.erase?.({ id: "12", found: all }, never))?.outcomes;

describe("the identifier is a literal", () => {
  test.each([
    ['{ .user = "{id}" }', 'a"b\\', '{ .user = "a\\"b\\\\" }', false],
    ["{ .user = `{id}` }", 'a"b', '{ .user = `a"b` }', false],
    ["{ .user = {id} }", "12", "{ .user = 12 }", false],
    ['{ .url =~ ".*/{id}/.*" }', "a.b", '{ .url =~ ".*/a\\\\.b/.*" }', true],
    ['{ .a = "x\\"{id}" || .b="{id}" }', "12", '{ .a = "x\\"12" || .b="12" }', false],
  ])("%s of %s", (where, id, query, isLoose) => {
    expect(theirQuery(where, id)).toEqual({ query, isLoose });
  });

  test.each([
    ['{ .user != "{id}" }', "12", "behind = or =~ alone"],
    ['{ .user !~ ".*{id}.*" }', "12", "behind = or =~ alone"],
    ["{ .user > {id} }", "12", "behind = or =~ alone"],
    ["{ .user = {id} }", "1 || true", "only a whole number"],
    ["{ .user = `{id}` }", "a`b", "use quotes"],
    ['{ .user = "12" }', "12", "it has no {id}"],
    ['{ .user = "{id}" }', ".*", "matches no word"],
  ])("%s of %s is refused", (where, id, message) => {
    expect(() => theirQuery(where, id)).toThrow(message);
  });
});

test("each is found once, however old, and a neighbour is not", async () => {
  await using tempo = stage();
  for (const [n, user] of ["12", "123", "12", "x-12", "12"].entries()) {
    const from = NOW - BigInt(n) * 60n * HOUR - 5n * MINUTE;
    put(tempo, `a${n}`, [span(`a${n}`, "1", from, { attributes: [attribute("user.id", user)] })]);
  }
  const { backend } = tempo;
  expect(tracesOf(await found(backend, '{ span.user.id = "{id}" }', "12"))).toEqual(["a0", "a2", "a4"]);
  // A regular expression also meets 123, which is no whole word.
  expect(tracesOf(await found(backend, '{ span.user.id =~ ".*{id}.*" }', "12"))).toEqual([
    "a0",
    "a2",
    "a3",
    "a4",
  ]);
});

test("more than one search lists", async () => {
  await using tempo = stage({ limits: { maxResultLimit: 40 } });
  for (let n = 0; n < 300; n += 1)
    put(tempo, `b${n}`, [
      span(`b${n}`, "1", NOW - HOUR - BigInt(n) * MINUTE, { attributes: [attribute("user.id", "12")] }),
    ]);
  expect(tracesOf(await found(tempo.backend, '{ span.user.id = "{id}" }', "12"))).toHaveLength(300);
});

test("a search that does not end is no answer", async () => {
  await using tempo = stage({ limits: { neverCompletes: true } });
  expect(found(tempo.backend, '{ span.user.id = "{id}" }', "12")).rejects.toThrow("did not finish all jobs");
});

test("none is erased, the command is named, and what is gone is gone", async () => {
  await using tempo = stage();
  for (const id of ["c1", "c2"])
    put(tempo, id, [span(id, "1", NOW - HOUR, { attributes: [attribute("user.id", "12")] })]);
  const all = await found(tempo.backend, '{ span.user.id = "{id}" }', "12");
  const [outcome] = (await erased(tempo.backend, all)) ?? [];
  expect([outcome?.state, outcome?.count]).toEqual(["impossible", 2]);
  expect(outcome?.reason).toContain("tempo-cli rewrite-blocks drop-traces --drop-trace single-tenant ");
  expect(outcome?.reason).toContain("c1".padStart(32, "0"));
  expect(outcome?.reason).toContain("block_retention of 14d");
  for (const id of ["c1", "c2"]) tempo.face.knobs.hidden.add(id.padStart(32, "0"));
  expect(await erased(tempo.backend, all)).toEqual([{ state: "erased", count: 2 }]);
});
