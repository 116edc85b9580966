/** Before a restore: what would be refused, altered or hidden, with the setting to change. */
import { expect, test } from "bun:test";
import { DAY, HOUR, MINUTE, NOW, never, put, stage } from "./support.ts";

const planOf = (labels = {}, range = DAY, paths = ["logs.json"]) => ({
  range,
  files: paths.map((path) => ({ path, counts: { entries: 1 } })),
  labels,
});

test("preflight names the exact settings", async () => {
  await using here = stage({
    limits: {
      reject_old_samples: true,
      retention_period: "24h",
      max_query_lookback: "12h",
      allow_structured_metadata: false,
    },
  });
  const range = { from: NOW - 30n * 24n * HOUR, to: NOW };
  const paths = ["logs.json", "loki/deletes.json"];
  const findings = (await here.backend.restore?.preflight(planOf({}, range, paths), never)) ?? [];
  expect(findings.map(({ severity, setting }) => [severity, setting])).toEqual([
    ["refuses", "limits_config.reject_old_samples: false"],
    ["refuses", "limits_config.allow_structured_metadata: true"],
    ["hides", "limits_config.retention_period: 0s"],
    ["hides", "limits_config.max_query_lookback: 0s"],
    ["note", "limits_config.discover_log_levels: false"],
    ["note", undefined],
  ]);
});

test("preflight: newer lines in the way, unless the restore has a label of its own", async () => {
  await using here = stage();
  const { restore: restorer } = here.backend;
  here.face.limits.discover_log_levels = false;
  expect(await restorer?.preflight(planOf(), never)).toEqual([]);
  put(here.face, { app: "web" }, [{ time: NOW - MINUTE, line: "newest" }]);
  const [finding] = (await restorer?.preflight(planOf(), never)) ?? [];
  expect(finding).toMatchObject({
    severity: "refuses",
    setting: expect.stringContaining("ingester.max_chunk_age: 48h"),
  });
  expect(await restorer?.preflight(planOf({ restored_from: "x" }), never)).toEqual([]);
});
