/** What a plugin declares is the same on both sides of the border of its process. */
import { expect, test } from "bun:test";
import type { OptionsSchema, Plugin } from "../../../src/contract/contract.ts";
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
  hosts: ["x.example:9000"],
};

const SOURCE = `
import { definePlugin, option, v } from "contextcore";
export default definePlugin({
  ...${JSON.stringify(DECLARED)},
  options: v.object({ url: v.optional(v.pipe(v.string(), v.description("Where it is")), "http://127.0.0.1:1") }),
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
  expect(namesIn(options)).toEqual(["url"]);
  expect([backend, sink, store].map((face) => typeof face)).toEqual(["function", "function", "function"]);
  const found = await first?.backend.inventory(new AbortController().signal);
  expect(found?.importance).toBe("high");
});

const namesIn = ({ entries }: OptionsSchema): string[] => Object.keys(entries);

function noPlugin(): never {
  throw new Error("it was not opened");
}
