/** Lines that no query shows are there all the same, unless Loki has deleted them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Backend, Found } from "../../../src/contract/contract.ts";
import { failure, HOUR, heldBy, NOW, never, openLoki, put, stage } from "./support.ts";

setDefaultTimeout(60_000);

const LINES = ["user=12 logs in", "user=12", "12", "of 12"].map((line, index) => ({
  line,
  time: NOW - HOUR + BigInt(index),
}));

const find = (backend: Backend, where: string, id: string): Promise<Found[]> =>
  Array.fromAsync(backend.find?.({ id, where }, never) ?? []);

const erase = async (backend: Backend, id: string, found: readonly Found[]) =>
  (await backend.erase?.({ id, found }, never))?.outcomes ?? [];

const requestsOf = async (url: string): Promise<unknown> => (await fetch(`${url}/loki/api/v1/delete`)).json();

test("lines that only somebody else's request hides are not called erased", async () => {
  let now = NOW;
  await using here = stage({ now: () => now });
  put(here.face, { app: "shop" }, LINES);
  const found = await find(here.backend, '{app="shop"} |= "{id}"', "12");
  const query = new URLSearchParams({ query: '{app="shop"}', start: "0" });
  await fetch(`${here.url}/loki/api/v1/delete?${query}`, { method: "POST" });
  expect(await erase(here.backend, "12", found)).toMatchObject([{ state: "owed", count: 4 }]);
  now += 30n * HOUR;
  expect(await find(here.backend, '{app="shop"} |= "{id}"', "12")).toEqual([]);
  expect(await erase(here.backend, "12", found)).toEqual([{ state: "erased", count: 4 }]);
  expect(heldBy(here.face)).toEqual([]);
});

test("lines that queries show no more are not called erased", async () => {
  await using here = stage();
  put(here.face, { app: "shop" }, LINES);
  const found = await find(here.backend, '{app="shop"} |= "{id}"', "12");
  here.faults.add({
    ...{ kind: "status", path: "/config", status: 200 },
    body: "limits_config:\n  max_query_lookback: 30m\n  deletion_mode: filter-and-delete\ncompactor:\n  retention_enabled: true\n",
  });
  const later = openLoki({ url: here.url });
  expect(String(await failure(erase(later, "12", found)))).toContain("not everything can be found");
  expect(await requestsOf(here.url)).toEqual([]);
});
