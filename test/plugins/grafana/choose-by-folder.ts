/** A selector by folder where Grafana cannot give one of its folders: what is chosen is saved, and what may be lacking is told. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EXPORT } from "../../../src/results/export.ts";
import type { Fields } from "../../lab/grafana/store.ts";
import { type Lab, startLab } from "../../lab/lab.ts";
import { run } from "../../support/binary.ts";
import { parsedAs } from "../../support/printed.ts";
import { labProject } from "../../support/project.ts";

let lab: Lab;

const nameOf = ({ metadata }: Fields): unknown =>
  typeof metadata === "object" ? { name: undefined, ...metadata }.name : undefined;
const isFolder = (uid: string) => (one: Fields) =>
  nameOf(one) === uid || (one.uid === uid && one.title !== undefined && one.type !== "dash-db");

const FOLDER = "platform-nord";
const LATENCY = /^dashboards\/.*latency-nord\.json$/;
const NAMED = "Latenz <p99> / Köln: 日本語 🚀 (latency-nord)";

async function exported(match: string) {
  const cwd = labProject(lab, { only: ["grafana"] });
  const args = ["export", "--json", "--match", `grafana=${match}`];
  const { stdout, stderr, exitCode } = await run(args, { cwd });
  const { backends, snapshot } = parsedAs(EXPORT, stdout);
  const path = snapshot?.path ?? "";
  const below = join(path, "grafana");
  const files = existsSync(below) ? readdirSync(below, { recursive: true }).map(String) : [];
  const { exitCode: verified } = await run(["verify", path], { cwd });
  expect(verified, stderr).toBe(0);
  const problems = backends[0]?.problems ?? [];
  const unsure = problems.filter(({ reason }) => reason.includes("whether the selector matches"));
  return {
    exitCode,
    dashboards: files.filter((file) => /^dashboards\/.*\.json$/.test(file)).sort(),
    unsure: unsure.flatMap(({ items }) => items),
  };
}

/** The tests of a Grafana that gives one folder in this way. */
export function chooseByFolder(knob: "isUnreadable" | "isMalformed"): void {
  beforeAll(async () => {
    lab = await startLab();
  }, 60_000);
  afterAll(() => lab.stop());
  afterEach(
    () => void Object.assign(lab.faces.grafana.knobs, { isUnreadable: undefined, isMalformed: undefined }),
  );

  test("a dashboard whose folder is named by its uid or its title is saved", async () => {
    Object.assign(lab.faces.grafana.knobs, { [knob]: isFolder(FOLDER) });
    for (const match of [`folder=${FOLDER}`, 'folder="Überwachung / Nord"']) {
      const { exitCode, dashboards, unsure } = await exported(match);
      expect([exitCode, unsure]).toEqual([3, []]);
      expect(dashboards).toEqual([expect.stringMatching(LATENCY)]);
    }
  });

  test("where it may lie in the folder that is asked for, it is named", async () => {
    const whole = await exported("folder=Platform");
    expect(whole).toMatchObject({ exitCode: 0, unsure: [] });
    Object.assign(lab.faces.grafana.knobs, { [knob]: isFolder(FOLDER) });
    const { exitCode, dashboards, unsure } = await exported("folder=Platform");
    expect({ exitCode, unsure }).toEqual({ exitCode: 3, unsure: [NAMED] });
    expect(dashboards).toEqual(whole.dashboards.filter((file) => !LATENCY.test(file)));
  });

  test("what other conditions leave out anyway is not in doubt", async () => {
    Object.assign(lab.faces.grafana.knobs, { [knob]: isFolder(FOLDER) });
    const { exitCode, unsure } = await exported("folder=Platform uid!~latency.*");
    expect({ exitCode, unsure }).toEqual({ exitCode: 3, unsure: [] });
  });
}
