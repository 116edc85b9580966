import * as v from "valibot";
import type { Judged } from "../conformance/apart/check-apart.ts";
import { faceSchema } from "../host/apart/messages.ts";
import type { Granting, Trusted } from "../tasks/plugin-trust.ts";
import { absolutePath } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const declared = {
  plugin: v.string(),
  version: v.optional(v.string()),
  about: v.string(),
  source: v.pipe(v.string(), v.description("a path or a package, or that it is built in")),
};

export const PLUGIN_LIST = defineResult({
  name: "plugin.list",
  version: 1,
  about: "every plugin, and whether it is in use",
  schema: v.object({
    plugins: v.array(
      v.object({
        ...declared,
        faces: v.array(
          v.object({
            face: faceSchema,
            inUse: v.optional(v.pipe(v.boolean(), v.description("absent for a store"))),
          }),
        ),
      }),
    ),
    failures: v.array(v.object({ source: v.string(), message: v.string(), untrusted: v.boolean() })),
  }),
});

export const PLUGIN_INFO = defineResult({
  name: "plugin.info",
  version: 1,
  about: "everything known about one plugin, without secrets",
  schema: v.object({
    ...declared,
    sha256: v.optional(v.pipe(v.string(), v.description("of all its files; absent for a built-in one"))),
    hosts: v.optional(v.array(v.string())),
    tried: v.optional(
      v.pipe(
        v.array(v.string()),
        v.description("running servers, with their versions, that it was tried with"),
      ),
    ),
    capabilities: v.array(v.string()),
    options: v.array(
      v.object({
        name: v.string(),
        about: v.string(),
        type: v.string(),
        required: v.boolean(),
        secret: v.boolean(),
        fallback: v.optional(v.unknown()),
        environment: v.array(v.string()),
        value: v.optional(v.unknown()),
        where: v.optional(v.pipe(v.string(), v.description("where the value stands"))),
      }),
    ),
  }),
});

export const PLUGIN_CHECK = defineResult({
  name: "plugin.check",
  version: 1,
  about: "each rule of the contract, and whether the plugin keeps it",
  schema: v.object({
    plugin: v.string(),
    rules: v.array(
      v.object({
        face: faceSchema,
        rule: v.string(),
        why: v.string(),
        verdict: v.picklist(["passed", "waived", "failed"]),
        message: v.optional(v.string()),
        tookSeconds: v.number(),
      }),
    ),
  }),
});

/** How each rule was judged. */
export const checkJson = (plugin: string, judged: readonly Judged[]): ValueOf<typeof PLUGIN_CHECK> => ({
  plugin,
  rules: judged.map(({ face, name, why, verdict, ms }) => ({
    face,
    rule: name,
    why,
    verdict: verdict.kind,
    ...(verdict.kind === "waived" ? { message: verdict.reason } : {}),
    ...(verdict.kind === "failed" ? { message: verdict.error.message } : {}),
    tookSeconds: Math.round(ms) / 1000,
  })),
});

const trust = { plugin: v.string(), source: v.string(), sha256: v.string(), trusted: v.boolean() };

export const PLUGIN_TRUST = defineResult({
  name: "plugin.trust",
  version: 1,
  about: "what has changed in a plugin since it was trusted, and whether it is trusted now",
  schema: v.object({
    ...trust,
    newUses: v.array(v.string()),
    files: v.array(
      v.object({
        file: v.string(),
        change: v.picklist(["changed", "new", "gone"]),
        diff: v.optional(v.pipe(v.array(v.string()), v.description("lines of a unified diff"))),
        reason: v.optional(v.pipe(v.string(), v.description("why there is no diff"))),
      }),
    ),
  }),
});

/** @param result absent: it was not trusted by this call */
export const trustJson = (plan: Granting, result?: Trusted): ValueOf<typeof PLUGIN_TRUST> => ({
  ...grantJson(plan, result),
  newUses: plan.changes.newUses,
  files: plan.differences.map(({ lines, ...rest }) => ({ ...rest, diff: lines })),
});

export const PLUGIN_ADD = defineResult({
  name: "plugin.add",
  version: 1,
  about: "the plugin that was added, if it was",
  schema: v.object(trust),
});

/** @param result absent: nothing was added */
export const grantJson = (
  { entry, spec, sha256, isTrusted }: Granting,
  result?: Trusted,
): ValueOf<typeof PLUGIN_ADD> => ({
  plugin: result?.name ?? entry?.name ?? spec,
  source: spec,
  sha256,
  trusted: isTrusted || result !== undefined,
});

export const PLUGIN_REMOVE = defineResult({
  name: "plugin.remove",
  version: 1,
  about: "the plugin that is no longer loaded",
  schema: v.object({ plugin: v.string(), source: v.string(), removed: v.boolean() }),
});

export const PLUGIN_NEW = defineResult({
  name: "plugin.new",
  version: 1,
  about: "the folder that was written",
  schema: v.object({ plugin: v.string(), face: faceSchema, directory: absolutePath }),
});
