/** One object of each kind that Grafana cannot give, or gives as something else: it is named, and everything else is saved. */
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { EXPORT } from "../../../src/results/export.ts";
import { sender } from "../../lab/grafana/seed.ts";
import type { Fields } from "../../lab/grafana/store.ts";
import { startLab } from "../../lab/lab.ts";
import { run } from "../../support/binary.ts";
import { parsedAs } from "../../support/printed.ts";
import { labProject } from "../../support/project.ts";

setDefaultTimeout(300_000);

const lab = await startLab();
const { knobs, store } = lab.faces.grafana;
afterAll(() => lab.stop());
afterEach(() => {
  lab.faults.grafana.clear();
  Object.assign(knobs, { isUnreadable: undefined, isMalformed: undefined });
});

const EDITABLE = { "X-Disable-Provenance": "true" };
const NOTE = "a note that is not right";

/** A second one of each kind of which the sample story has only one, and a short annotation. */
beforeAll(async () => {
  const send = sender(lab.faces.grafana);
  const base = "/api/v1/provisioning";
  await send("POST", `${base}/mute-timings`, { name: "nights", time_intervals: [] }, EDITABLE);
  await send("PUT", `${base}/templates/mail.title`, { template: '{{ define "mail.title" }}x{{ end }}' });
  await send("POST", "/api/playlists", { name: "Kitchen wall", interval: "1m", items: [] });
  const policies = { ...store.policies.fields, active_time_intervals: ["nights"] };
  await send("PUT", `${base}/policies`, policies, EDITABLE);
  await send("POST", "/api/annotations", { text: NOTE, time: Date.now() - 3_600_000, tags: ["note"] });
  whole = await exported();
});

let whole: Awaited<ReturnType<typeof exported>>;

async function exported(...args: readonly string[]) {
  const cwd = labProject(lab, { only: ["grafana"] });
  const { stdout, stderr, exitCode } = await run(["export", "--json", ...args], { cwd });
  const { backends, snapshot } = parsedAs(EXPORT, stdout);
  const [grafana] = backends;
  if (grafana === undefined) throw new Error(`nothing of grafana: ${stderr}`);
  const { counts, status, problems } = grafana;
  const lost = problems.filter(({ kind }) => kind === "incomplete");
  const items = lost.flatMap((problem) => problem.items);
  const { exitCode: verified } = await run(["verify", snapshot?.path ?? ""], { cwd });
  return { exitCode, status, counts, items, reasons: lost.map(({ reason }) => reason), stderr, verified };
}

const specOf = ({ spec }: Fields): Fields => (typeof spec === "object" ? { ...spec } : {});
const nameOf = ({ metadata }: Fields): unknown =>
  typeof metadata === "object" ? { name: undefined, ...metadata }.name : undefined;

interface Bad {
  readonly unit: string;
  /** As lists and its own call give it. */
  readonly isIt: (object: Fields) => boolean;
  /** What is told when Grafana fails at every answer that holds it. */
  readonly unreadable: RegExp;
  /** How many of the kind are then lost: the others of some kinds are in no other list. */
  readonly lost?: number;
}

const BAD: readonly Bad[] = [
  {
    unit: "dashboards",
    isIt: ({ uid, title }) => uid === "svc-checkout" && title !== undefined,
    unreadable: /^dashboard number \d+ of the list$/,
  },
  {
    unit: "folders",
    isIt: (one) =>
      nameOf(one) === "platform-nord" || (one.uid === "platform-nord" && one.title !== undefined),
    unreadable: /^folder number \d+ of the list$/,
  },
  {
    unit: "data-sources",
    // The settings of the web page name it without that member.
    isIt: ({ name, readOnly }) => name === "Mimir" && readOnly !== undefined,
    unreadable: /^data sources: Mimir$/,
  },
  {
    unit: "library-panels",
    isIt: ({ uid, model }) => uid === "lib-errors" && model !== undefined,
    unreadable: /^library panel number \d+ of the list$/,
  },
  {
    unit: "rule-groups",
    isIt: ({ uid }) => uid === "rule-stuck",
    unreadable: /^alert rules in the folder 2026\/Q1 \.\.$/,
  },
  {
    unit: "contact-points",
    isIt: ({ name, type }) => name === "on call / webhook" && type !== undefined,
    unreadable: /^contact point on call \/ webhook$/,
  },
  {
    unit: "mute-timings",
    isIt: ({ name }) => name === "nights",
    unreadable: /^mute timing nights$/,
  },
  {
    unit: "templates",
    isIt: ({ name }) => name === "mail.title",
    unreadable: /^the list of message templates$/,
    lost: 2,
  },
  {
    unit: "playlists",
    isIt: (one) => specOf(one).title === "Kitchen wall" || (one.name === "Kitchen wall" && "items" in one),
    unreadable: /^playlists: Kitchen wall$/,
  },
  {
    unit: "annotations",
    isIt: ({ text, time }) => text === NOTE && time !== undefined,
    unreadable: /^annotations of this time$/,
  },
];

/** What is left of the whole when so many of each kind are lost. */
const without = (lost: (bad: Bad) => number) => {
  const left = BAD.map((bad) => [bad.unit, (whole.counts[bad.unit] ?? 0) - lost(bad)] as const);
  const rules = left.find(([unit]) => unit === "rule-groups")?.[1] ?? 0;
  const all = { ...whole.counts, ...Object.fromEntries(left), "provisioning-files": rules };
  return Object.fromEntries(Object.entries(all).filter(([, number]) => number > 0));
};

const RAW = /"(kind|step|selector|page|isPart|before)"/;

test("nothing is wrong yet", () => {
  expect(whole).toMatchObject({ exitCode: 0, status: "complete", items: [] });
  for (const { unit } of BAD) expect(whole.counts[unit]).toBeGreaterThan(1);
});

test("one of each kind is not what it should be: each is named, all others are saved", async () => {
  knobs.isMalformed = (object) => BAD.some(({ isIt }) => isIt(object));
  const found = await exported();
  expect(found).toMatchObject({ exitCode: 3, status: "partial", verified: 0 });
  expect(found.counts).toEqual(without(() => 1));
  expect(found.items).toHaveLength(BAD.length);
  for (const item of found.items) expect(item).toMatch(/^number \d+ of the list$/);
  const kinds = found.reasons.flatMap(
    (reason) => /^Among the (.*) that Grafana lists/.exec(reason)?.[1] ?? [],
  );
  expect(new Set(kinds).size).toBe(BAD.length);
  expect(found.stderr).not.toMatch(RAW);
});

test("Grafana fails at one of each kind: each is named, all others are saved", async () => {
  knobs.isUnreadable = (object) => BAD.some(({ isIt }) => isIt(object));
  const found = await exported();
  expect(found).toMatchObject({ exitCode: 3, status: "partial", verified: 0 });
  expect(found.counts).toEqual(without(({ lost = 1 }) => lost));
  for (const { unreadable } of BAD)
    expect(found.items.filter((item) => unreadable.test(item))).not.toBeEmpty();
  const named = new Set(found.items);
  expect(named.size).toBe(BAD.length);
  expect(found.reasons.join()).not.toMatch(/stopped answering|not run/);
  expect(found.items.join()).not.toMatch(RAW);
  expect(found.stderr).not.toMatch(RAW);
});

/** The call of each kind that is read one by one, and what its object is called. */
const OWN_CALLS: readonly (readonly [string, string, string])[] = [
  ["dashboards", "/dashboards/svc-checkout", "dashboards: Overview (svc-checkout)"],
  ["data-sources", "/api/datasources/uid/mimir", "data sources: Mimir"],
  ["rule-groups", "/rule-groups/latency", "alert rules: latency"],
];

test("the own call of one object answers 500: it is named, all others are saved", async () => {
  for (const [, path] of OWN_CALLS) lab.faults.grafana.add({ kind: "status", status: 500, path });
  const { exitCode, status, counts, items } = await exported();
  expect({ exitCode, status }).toEqual({ exitCode: 3, status: "partial" });
  const lost = OWN_CALLS.map(([unit]) => unit);
  expect(counts).toEqual(without(({ unit }) => (lost.includes(unit) ? 1 : 0)));
  for (const [, , item] of OWN_CALLS) expect(items).toContain(item);
});

test.each([
  ["not what they should be", "isMalformed"],
  ["unreadable", "isUnreadable"],
] as const)("with a selector, too: a dashboard and a folder are %s", async (_, knob) => {
  const chosen = ["--match", "grafana=kind=dashboard"];
  const all = await exported(...chosen);
  expect(all.exitCode).toBe(0);
  knobs[knob] = (object) => BAD.slice(0, 2).some(({ isIt }) => isIt(object));
  const { exitCode, status, counts, items, verified } = await exported(...chosen);
  expect({ exitCode, status, verified }).toEqual({ exitCode: 3, status: "partial", verified: 0 });
  const { dashboards = 0, folders = 0 } = all.counts;
  expect(counts).toEqual({ dashboards: dashboards - 1, folders: folders - 1 });
  expect(items.length).toBeGreaterThanOrEqual(2);
  expect(items.join()).not.toMatch(RAW);
});

test("a long annotation that Grafana fails at costs what began within it, and is given up soon", async () => {
  const [bad] = store.annotations.filter(({ time, timeEnd }) => timeEnd - time > 60_000);
  if (bad === undefined) throw new Error("no annotation is long");
  knobs.isUnreadable = ({ text, time }) => text === bad.text && time === bad.time;
  const within = store.annotations.filter(({ time }) => time >= bad.time && time <= bad.timeEnd).length;
  const { exitCode, counts, items, reasons } = await exported();
  expect(exitCode).toBe(3);
  expect(counts.annotations).toBe((whole.counts.annotations ?? 0) - within);
  expect(new Set(items)).toEqual(new Set(["annotations of this time"]));
  expect(reasons.join()).not.toMatch(/stopped answering|not run/);
});
