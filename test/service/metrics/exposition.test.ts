/** The text of metrics: what is escaped, and which format is given to whom. */
import { expect, test } from "bun:test";
import { exposed, expositionFor, type Family } from "../../../src/service/metrics/exposition.ts";
import { PROMTOOL } from "../../support/prometheus.ts";

const FAMILIES: readonly Family[] = [
  { name: "one", type: "gauge", help: "a \\ and a\nnew line", samples: [{ value: 1.5 }] },
  {
    name: "many",
    type: "counter",
    help: "how many",
    samples: [
      { labels: { of: 'a "quote", a \\ and a\nnew line' }, value: 3 },
      { labels: { of: "ends" }, value: Number.POSITIVE_INFINITY },
    ],
  },
  { name: "one", type: "counter", help: "its namesake", samples: [{ value: 7 }], isUntold: true },
  { name: "empty", type: "gauge", help: "nothing is known", samples: [] },
];

test("in the older format a counter is named in full, and what has no value is left out", () => {
  expect(exposed(FAMILIES, "text")).toBe(`# HELP one a \\\\ and a\\nnew line
# TYPE one gauge
one 1.5
# HELP many_total how many
# TYPE many_total counter
many_total{of="a \\"quote\\", a \\\\ and a\\nnew line"} 3
many_total{of="ends"} +Inf
# HELP one_total its namesake
# TYPE one_total counter
one_total 7
`);
});

test("in OpenMetrics it is named without `_total`, and no two families share a name", () => {
  const text = exposed(FAMILIES, "openmetrics");
  expect(text).toContain("# TYPE many counter\nmany_total{");
  expect(text).toContain("# TYPE one_total unknown\none_total 7\n");
  expect(text).toEndWith("\n# EOF\n");
  const named = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(new Set(named).size).toBe(named.length);
});

test("promtool takes it", () => {
  const { exitCode, stderr } = Bun.spawnSync([PROMTOOL, "check", "metrics"], {
    stdin: Buffer.from(exposed(FAMILIES.slice(0, 2), "text")),
    stderr: "pipe",
  });
  expect({ exitCode, stderr: `${stderr}` }).toEqual({ exitCode: 0, stderr: "" });
});

/** What Prometheus 3.5 sends. */
const PROMETHEUS =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

test.each([
  [PROMETHEUS, "openmetrics"],
  ["application/openmetrics-text", "openmetrics"],
  ["Application/OpenMetrics-Text ; version=1.0.0", "openmetrics"],
  ["application/openmetrics-text; version=0.0.1", "text"],
  ["application/openmetrics-text; q=0", "text"],
  ["text/plain;version=0.0.4", "text"],
  ["*/*", "text"],
  ["", "text"],
  [null, "text"],
] as const)("Accept: %s: %s", (accept, format) => {
  expect(expositionFor(accept)).toBe(format);
});
