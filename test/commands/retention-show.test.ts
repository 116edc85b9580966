/** `contextcore retention show`, as its user meets it: against the lab, with snapshots, a place, and settings that disagree. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type Lab, startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(60_000);

const MORE = `stores: { usb: { plugin: directory, path: ./usb } }
copies: [usb]
audit: { retention: 30d }
retention:
  classes: { brief: 2d, critical: 1d }
  of: { trail: critical, places: { usb: operational } }
`;

let lab: Lab;
let cwd: string;

interface Shown {
  readonly classes: readonly { readonly class: string; readonly keptSeconds: number }[];
  readonly holdings: readonly Record<string, unknown>[];
  readonly disagreements: readonly Record<"subject" | "kind" | "message" | "setting" | "hint", string>[];
  readonly missing: readonly unknown[];
}

async function shown(
  env: Readonly<Record<string, string>> = {},
): Promise<Shown & { readonly exitCode: number }> {
  const { stdout, stderr, exitCode } = await run(["retention", "show", "--json"], { cwd, env });
  if (stdout === "") throw new Error(stderr);
  return { ...JSON.parse(stdout), exitCode };
}

beforeAll(async () => {
  lab = await startLab();
  cwd = labProject(lab, { only: ["loki", "grafana"], command: ["true"], more: MORE });
  const exported = await run(["export", "-t", "2h", "--set", "backends.loki.class=brief"], { cwd });
  if (![0, 3].includes(exported.exitCode)) throw new Error(exported.stderr);
}, 120_000);
afterAll(() => lab.stop());

const DAY = 86_400;

test("what there is of each class is listed where it is, with its age and when it is due", async () => {
  const { classes, holdings, exitCode } = await shown();
  expect(exitCode).toBe(0);
  expect(classes.map((one) => [one.class, one.keptSeconds / DAY])).toEqual([
    ["important", 3 * 365],
    ["operational", 365],
    ["transient", 30],
    ["brief", 2],
    ["critical", 1],
  ]);
  const find = (what: string, backend?: string) =>
    holdings.find((one) => one.what === what && one.backend === backend);
  expect(find("server", "loki")).toMatchObject({ class: "important", serverSeconds: 7 * DAY, isDue: false });
  expect(find("snapshots", "loki")).toMatchObject({ class: "brief", count: 1, keptSeconds: 2 * DAY });
  expect(find("copies", "loki")).toMatchObject({ class: "brief", place: "usb", keptSeconds: 365 * DAY });
  const { oldest, due } = find("snapshots", "loki") ?? {};
  expect(Date.parse(String(due)) - Date.parse(String(oldest))).toBe(2 * DAY * 1000);
  expect(find("trail")).toMatchObject({ class: "critical", keptSeconds: 30 * DAY });
});

test("a server, a place and a setting that do otherwise are named, each with what to change", async () => {
  const { disagreements } = await shown();
  expect(disagreements.map(({ subject, kind, setting }) => `${subject} ${kind} ${setting}`)).toEqual([
    "loki sooner limits_config.retention_period",
    "usb sooner retention.of.places.usb",
    "trail later audit.retention",
  ]);
  expect(disagreements[0]).toMatchObject({
    message:
      "the server deletes it after 7d, and it is important and to be kept for 3y: only snapshots hold the rest",
    hint: "There: limits_config.retention_period, to 26280h. Here: backends.loki.class.",
  });
});

test("a server that keeps for ever what is transient is named with the two settings that let it go", async () => {
  lab.faces.loki.limits.retention_enabled = false;
  try {
    const { disagreements } = await shown({ CONTEXTCORE_LOKI_CLASS: "transient" });
    expect(disagreements[0]).toMatchObject({
      subject: "loki",
      kind: "later",
      message: "the server keeps it for ever, and it is transient and to be kept for 30d",
      setting: "limits_config.retention_period (with compactor.retention_enabled: true)",
    });
  } finally {
    lab.faces.loki.limits.retention_enabled = true;
  }
});

test("a class and a server that agree are not in the list", async () => {
  const env = { CONTEXTCORE_LOKI_CLASS: "brief", CONTEXTCORE_RETENTION_CLASSES: "{ brief: 7d }" };
  const { disagreements } = await shown(env);
  expect(disagreements.filter(({ subject }) => subject === "loki")).toEqual([]);
});

test("people read the same; a class that nothing is of says so, and one that is gone is kept as the longest", async () => {
  const { stdout, exitCode } = await run(["retention"], { cwd });
  expect(exitCode).toBe(0);
  expect(stdout).toContain("transient: kept for 30d; there is nothing of it\n");
  expect(stdout).toMatch(/^ {2}loki in 1 copy in usb +\S+ \S+ +since .* UTC +due .* UTC$/m);
  const gone = await run(["retention"], { cwd, env: { CONTEXTCORE_RETENTION_CLASSES: "{ critical: 9y }" } });
  expect(gone.stdout).toContain("brief: not defined any more, so kept for 9y\n");
});

test("a server that does not answer is missing, and the rest is shown: exit code 3", async () => {
  const { missing, holdings, exitCode } = await shown({ CONTEXTCORE_LOKI_URL: "http://127.0.0.1:1" });
  expect([exitCode, missing.length]).toEqual([3, 1]);
  expect(holdings.some(({ what, backend }) => what === "snapshots" && backend === "loki")).toBe(true);
});
