/** `--existing replace` is agreed to for the objects that the plan shows as different, and for no other. */
import { expect, test } from "bun:test";
import { existingFor } from "../../src/restore/compared.ts";

test("an object that was equal or missing in the plan, and differs by now, is left; one that differed is replaced", () => {
  const target = { existing: "replace", replaced: new Set(["grafana/dashboards/a.json"]) } as const;
  expect(existingFor(target, "grafana/dashboards/a.json")).toBe("replace");
  expect(existingFor(target, "grafana/dashboards/b.json")).toBe("keep");
  expect(existingFor({ existing: "replace" }, "grafana/dashboards/a.json")).toBe("keep");
  expect(existingFor({ existing: "keep" }, "grafana/dashboards/a.json")).toBe("keep");
  expect(existingFor({}, "logs.json")).toBe(undefined);
});
