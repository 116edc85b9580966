/** What a plugin declares is the same on both sides of the border of its process. */
import { expect, test } from "bun:test";
import { describeOption } from "../../../src/config/option-type.ts";
import type { Plugin } from "../../../src/contract/contract.ts";
import { openSource } from "./border.ts";

type Data = Omit<Plugin, "options" | "backend" | "sink" | "store">;

/** Every member that is data: one that the contract gains does not compile until it is here. */
const DECLARED: Required<Data> = {
  name: "acme/x",
  about: "All of it",
  contract: 1,
  version: "1.2.3",
  signals: ["logs", "records"],
  importance: "high",
  dataFiles: ["x.db", "x.db-wal"],
  tried: ["Acme 3.4"],
  hosts: ["x.example:9000"],
  scratch: {
    programs: ["acme-server"],
    args: ["--port", "{port}"],
    input: "password {secret}",
    options: { url: "http://127.0.0.1:{port}" },
    keeps: ["page"],
  },
};

const SOURCE = `
import { definePlugin, option, v } from "contextcore";
export default definePlugin({
  ...${JSON.stringify(DECLARED)},
  options: v.object({
    url: v.optional(v.pipe(v.string(), v.description("Where it is")), "http://127.0.0.1:1"),
    page: option.integer("Rows in one answer", 50, { min: 1, max: 100 }),
    most: v.optional(v.pipe(v.number(), v.maxValue(9), v.description("No more than that"))),
  }),
  backend: () => ({
    inventory: async () => ({ signals: ["logs"] }),
    size: async () => ({ bytes: 0, source: "api" }),
    export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
  }),
  sink: () => ({ probe: async () => undefined, deliver: async () => undefined }),
  store: () => ({}),
});`;

test("every member of a declaration crosses, and what follows from it", async () => {
  using opened = await openSource(SOURCE);
  const [first] = opened.backends;
  const { options, backend, sink, store, ...told } = first?.plugin ?? noPlugin();
  expect(told).toEqual(DECLARED);
  const described = Object.entries(options.entries).map(([name, schema]) => describeOption(name, schema));
  expect(described).toMatchObject([
    { name: "url", type: "text", about: "Where it is", fallback: "http://127.0.0.1:1" },
    { name: "page", type: "number, 1 to 100", fallback: 50 },
    { name: "most", type: "number, at most 9" },
  ]);
  expect([backend, sink, store].map((face) => typeof face)).toEqual(["function", "function", "function"]);
  const found = await first?.backend.inventory(new AbortController().signal);
  expect(found?.importance).toBe("high");
});

function noPlugin(): never {
  throw new Error("it was not opened");
}
