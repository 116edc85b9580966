/** The rules that every store is held to, run on this one: with Ceph's gateway behind it, and with moto. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import s3 from "../../../plugins/s3/index.ts";
import { runCheck } from "../../../src/conformance/check.ts";
import { openSubject } from "../../../src/conformance/subject.ts";
import { storeSuite } from "../../../src/conformance/suite.ts";
import { testStore } from "../../support/conformance.ts";
import { startMoto, startRadosgw } from "../../support/s3-servers.ts";

/** A rule writes and removes a thousand objects, and two cores are shared with other test files. ms */
const PATIENT_MS = 600_000;
setDefaultTimeout(PATIENT_MS);

const [ceph, moto] = await Promise.all([startRadosgw(), startMoto()]);

/**
 * On plain files it has keys of at most 255 bytes, in which a slash takes three, looks whether an object is there before it
 * writes it and not while it does, and has no locks. Its lifecycle rules are never removed, which it says they are.
 */
const BEYOND_CEPH = ["store-names", "store-if-absent", "store-lock", "store-lifecycle"];

describe("Ceph's gateway, a bucket for each rule", () => {
  const rules = storeSuite.filter(({ name }) => !BEYOND_CEPH.includes(name));
  test.each(rules.map((check) => [check.name, check] as const))("%s", async (name, check) => {
    const bucket = `of-${name}`;
    await ceph.makeBucket(bucket);
    const options = { ...ceph.options, bucket, prefix: "a prefix/shop" };
    const subject = openSubject({ declaration: s3, origin: "built-in", face: "store", options });
    const { verdict } = await runCheck(check, subject, PATIENT_MS);
    await subject.stop();
    if (verdict.kind === "failed") throw verdict.error;
    expect(verdict.kind).toBe("passed");
  });
});

describe("moto", async () => {
  await moto.makeBucket("shop");
  await moto.makeBucket("locked", { "x-amz-bucket-object-lock-enabled": "true" });
  testStore({ declaration: s3, options: { ...moto.options, bucket: "shop" }, waived: ["store-lock"] });
  testStore({ declaration: s3, options: { ...moto.options, bucket: "locked", lock: "governance" } });
});
