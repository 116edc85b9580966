/** A copy in a bucket that locks it: the plan says until when, what is left of the person is written beside it, and the rest is owed. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { SUBJECT_ERASE } from "../../src/results/subject.ts";
import { startLab } from "../lab/lab.ts";
import { parsedAs } from "../support/printed.ts";
import { startMoto } from "../support/s3-servers.ts";
import { ANN, subject, subjectProject } from "./subject-project.ts";

setDefaultTimeout(120_000);

const lab = await startLab();
const moto = await startMoto();
afterAll(() => lab.stop());

test("a locked copy stays until its date, and that is told beforehand", async () => {
  await moto.makeBucket("locked", { "x-amz-bucket-object-lock-enabled": "true" });
  const { accessKeyId, secretAccessKey } = moto.options;
  const keys = `accessKeyId: "${accessKeyId}", secretAccessKey: "${secretAccessKey}"`;
  const store = `plugin: s3, url: "${moto.url}", bucket: locked, prefix: p, lock: governance, retain: 30d, ${keys}`;
  const cwd = await subjectProject(lab, { store });
  const plan = parsedAs(SUBJECT_ERASE, (await subject(cwd, ANN, "erase", "--dry-run", "--json")).stdout);
  const ofCopies = plan.found.filter(({ source }) => source === "copy");
  expect(ofCopies.length).toBeGreaterThan(0);
  for (const { stays } of ofCopies) expect(stays).toMatch(/^its place has locked it until \d{4}-/);
  const done = await subject(cwd, ANN, "erase", "--records", `${plan.records}`, "--json");
  expect(done.exitCode).toBe(3);
  const owed = parsedAs(SUBJECT_ERASE, done.stdout).request?.outcomes.filter(({ state }) => state === "owed");
  expect(owed).toMatchObject([
    { source: "copy", due: expect.any(String), reason: expect.stringMatching(/^it is locked until/) },
  ]);
});
