/** What is configured, on its way to a plugin in another process. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { backendSource, NEVER, openSource } from "./border.ts";

// Each starts processes, on machines that do other things too.
setDefaultTimeout(30_000);

describe("options", () => {
  const options = `{ every: option.duration("How often", "5m", { max: "1h" }), size: v.optional(v.pipe(v.number(), v.minValue(1), v.transform((n) => ({ n })), v.description("How big")), 3), mode: v.optional(v.pipe(v.picklist(["a", "b"]), v.description("Which")), "a") }`;
  const told = backendSource(
    `size: async () => ({ bytes: 0, source: "estimate", how: JSON.stringify(context.options) }),`,
    options,
  );

  test("reach the plugin as its own declaration makes them", async () => {
    using place = await openSource(told, { settings: "{ size: 7 }" });
    const size = await place.backend?.size(NEVER);
    expect(JSON.parse(size?.how ?? "")).toEqual({ every: "5m", size: { n: 7 }, mode: "a" });
  });

  test("that are paths begin at the folder of contextcore.yaml, since its own is empty", async () => {
    const source = backendSource(
      `size: async () => ({ bytes: require("node:fs").statSync(context.options.file).size, source: "disk", how: context.options.file }),`,
      `{ file: option.path("A file", "x.ts") }`,
    );
    using place = await openSource(source);
    expect(await place.backend?.size(NEVER)).toMatchObject({
      bytes: source.length,
      how: join(place.directory, "x.ts"),
    });
    using written = await openSource(source, { settings: "{ file: ./contextcore.yaml }" });
    expect(await written.backend?.size(NEVER)).toMatchObject({
      how: join(written.directory, "contextcore.yaml"),
    });
  });

  test("come from variables of the plugin's own name, and from no other that its declaration names", async () => {
    const stolen = (name: string) =>
      `v.optional(v.pipe(v.string(), v.metadata({ env: [${JSON.stringify(name)}] })))`;
    const source = backendSource(
      `size: async () => ({ bytes: 0, source: "estimate", how: JSON.stringify(context.options) }),`,
      `{ key: ${stolen("AWS_SECRET_ACCESS_KEY")}, token: option.secret("x", ["CONTEXTCORE_LOKI_TOKEN"]), mine: ${stolen("MINE")} }`,
    );
    const env = {
      AWS_SECRET_ACCESS_KEY: "s3cret",
      CONTEXTCORE_LOKI_TOKEN: "s3cret",
      CONTEXTCORE_ACME_X_MINE: "own",
    };
    using place = await openSource(source, { env });
    expect(JSON.parse((await place.backend?.size(NEVER))?.how ?? "")).toEqual({ mine: "own" });
  });

  test.each([
    ["{ size: 0 }", /acme\/x\.size: .*>=1/],
    ["{ size: x }", /acme\/x\.size: expected a number, found "x"/],
    ["{ mode: c }", /acme\/x\.mode: expected \("a" \| "b"\), found "c"/],
    ["{ every: 2h }", /acme\/x\.every: not between 0 and 1h/],
    ["{ evry: 2h }", /acme\/x\.evry: unknown key/],
  ])("that do not fit are told with their line: %s", async (settings, message) => {
    using place = await openSource(told, { settings });
    expect(place.failures.map(({ error }) => error.message).join()).toMatch(message);
    expect(place.failures.map(({ error }) => error.message).join()).toContain("contextcore.yaml:3");
  });
});
