/** `restore --into TENANT`: every backend that has tenants is opened with that one, and no other is written to. */
import { expect, test } from "bun:test";
import * as v from "valibot";
import { type Backend, definePlugin } from "../../src/contract/contract.ts";
import type { BuiltIn } from "../../src/host/built-in.ts";
import { openPlugins } from "../../src/host/host.ts";
import { hasTenant } from "../../src/host/opening.ts";
import { BUILT_INS } from "../../src/registry.ts";
import { planRestore } from "../../src/restore/plan.ts";
import { configOf, project } from "../host/support.ts";
import { savedPlugin, snapshotOf } from "./small.ts";

const text = (description: string) => v.optional(v.pipe(v.string(), v.description(description)), "own");

/** A backend that says in its preflight where it would write. */
const writer = (place: string): Backend => ({
  inventory: async () => ({ signals: ["logs"], importance: "low" }),
  size: async () => ({ bytes: 0, source: "api" }),
  export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
  restore: {
    heeds: ["tenant"],
    preflight: async () => [{ severity: "note", message: place }],
    apply: async () => ({ written: {} }),
  },
});
const about = "A test's backend";
const many = definePlugin({
  name: "many",
  about,
  options: v.object({ tenant: text("Tenant") }),
  backend: ({ options }) => writer(options.tenant),
});
const single = definePlugin({
  name: "single",
  about,
  options: v.object({ place: text("Place") }),
  backend: ({ options }) => writer(options.place),
});
const builtIns: BuiltIn[] = [many, single].map((plugin) => ({ name: plugin.name, load: async () => plugin }));

test("a backend with tenants gets the asked one, and one without is left out", async () => {
  using place = project({ "contextcore.yaml": "backends:\n  many:\n    tenant: configured\n" });
  const config = await configOf(place.directory);
  const { backends, failures } = await openPlugins(config, { builtIns, tenant: "restored" });
  expect(failures).toEqual([]);
  const plan = await planRestore({
    snapshot: snapshotOf([savedPlugin("many"), savedPlugin("single")]),
    backends,
    labels: {},
    tenant: "restored",
    signal: new AbortController().signal,
  });
  expect(plan.targets.map(({ name, findings }) => [name, findings.map(({ message }) => message)])).toEqual([
    ["many", ["restored"]],
  ]);
  expect(plan.leftOut).toEqual([{ name: "single", reason: "it has no tenant to restore into" }]);
});

test("a server that ignores the tenant is not written to for --into, and is with a configured one", async () => {
  const ignores: Backend = {
    ...writer("here"),
    restore: {
      heeds: ["tenant"],
      preflight: async () => [
        { severity: "alters", message: "It has no tenants.", setting: "tenants: true", ignoresTenant: true },
      ],
      apply: async () => ({ written: {} }),
    },
  };
  const plugin = definePlugin({ ...many, backend: () => ignores });
  using place = project({});
  const config = await configOf(place.directory);
  const { backends } = await openPlugins(config, { builtIns: [{ name: "many", load: async () => plugin }] });
  const snapshot = snapshotOf([savedPlugin("many")]);
  const common = { snapshot, backends, labels: {}, signal: new AbortController().signal };
  const into = await planRestore({ ...common, tenant: "restored" });
  expect(into.targets).toEqual([]);
  expect(into.leftOut).toEqual([
    {
      name: "many",
      reason: "It has no tenants. With --into, nothing is written to it; to enable tenants: tenants: true.",
    },
  ]);
  expect((await planRestore(common)).targets.map(({ name }) => name)).toEqual(["many"]);
});

test("Grafana, which has no tenants, says that it has none", async () => {
  using place = project({});
  const { backends } = await openPlugins(await configOf(place.directory), { builtIns: BUILT_INS });
  expect(backends.filter(({ plugin }) => !hasTenant(plugin)).map(({ name }) => name)).toEqual(["grafana"]);
});
