/** Where the files of several instances lie in one snapshot, in a resumed export too. */
import { expect, test } from "bun:test";
import { createPlacement } from "../../src/snapshot/write/placement.ts";

const folders = new Map([["loki-eu", { plugin: "loki", folder: "loki-eu" }]]);
const options = { compressed: false, folders, fileBytesMax: 10 };

test("an instance with a folder has its plugin's files and its plugin's folder in it", () => {
  const placement = createPlacement(options);
  // It comes first, and still leaves the place at the top to the other.
  expect(placement.locate("loki-eu", "logs.json", 4)).toEqual({ path: "loki-eu/logs.json", of: "logs.json" });
  expect(placement.locate("loki", "logs.json", 4)).toEqual({ path: "logs.json", of: "logs.json" });
  expect(placement.claim("loki-eu", "loki/rules/a.yaml")).toEqual({
    path: "loki-eu/rules/a.yaml",
    of: "loki/rules/a.yaml",
  });
  expect(placement.claim("loki", "loki/rules/a.yaml").path).toBe("loki/rules/a.yaml");
  expect(placement.claim("loki-eu", "loki/rules/a.yaml").path).toBe("loki-eu/rules/a-2.yaml");
});

test("a resumed export goes on in the same files", () => {
  const placement = createPlacement(options);
  placement.restore("loki-eu", { path: "loki-eu/logs.json", of: "logs.json", kind: "records", bytes: 8 });
  placement.restore("loki", { path: "logs.json", of: "logs.json", kind: "records", bytes: 2 });
  expect(placement.locate("loki-eu", "logs.json", 4).path).toBe("loki-eu/logs.001.json");
  expect(placement.locate("loki", "logs.json", 4).path).toBe("logs.json");
});
