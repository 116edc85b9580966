/** A snapshot that is written anew, and its copies in a bucket that keeps versions, and in one that locks them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { startMoto } from "../support/s3-servers.ts";
import { ENTRY, rewrittenProject, work } from "./rewritten-project.ts";

setDefaultTimeout(120_000);

const moto = await startMoto();
const env = {
  AWS_ACCESS_KEY_ID: moto.options.accessKeyId,
  AWS_SECRET_ACCESS_KEY: moto.options.secretAccessKey,
};
const settings = (bucket: string, more = ""): string =>
  `plugin: s3, url: "${moto.url}", bucket: ${bucket}, prefix: p${more}`;

/** Every version of every object, and every mark of a deletion. */
const versionsIn = async (bucket: string): Promise<string[]> => {
  const text = await (await moto.call("GET", `/${bucket}`, { query: "versions=" })).text();
  return [...text.matchAll(/<Key>p\/([^/]*)\//g)].map(([, name = ""]) => name);
};

test("no version of an object of the old copy stays in a bucket that keeps versions", async () => {
  await moto.makeBucket("versioned");
  const body =
    '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';
  expect((await moto.call("PUT", "/versioned", { query: "versioning=", body })).status).toBe(200);
  const project = await rewrittenProject({ settings: settings("versioned"), env });
  const [told] = await work(project, "erase", ENTRY);
  expect(told?.owed).toEqual([]);
  expect([...new Set(await versionsIn("versioned"))]).toEqual([`${project.name}-2`]);
});

test("a copy that is locked is owed until then; the successor's copy is there already", async () => {
  await moto.makeBucket("locked", { "x-amz-bucket-object-lock-enabled": "true" });
  const more = ", lock: governance, retain: 30d";
  const project = await rewrittenProject({ settings: settings("locked", more), env });
  const { name } = project;
  const [told] = await work(project, "erase", ENTRY);
  const [owed] = told?.owed ?? [];
  expect(owed).toMatchObject({ where: `offsite:${name}`, reason: `it is locked until ${owed?.due}` });
  expect([...new Set(await versionsIn("locked"))].sort()).toEqual([name, `${name}-2`]);
  const again = (await work(project, "finish")) as unknown as typeof told;
  expect(again?.owed).toEqual([owed as never]);
});
