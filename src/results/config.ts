import * as v from "valibot";
import { type Claim, claimId } from "../agreement/claim.ts";
import type { Standing } from "../agreement/standing.ts";
import type { ConfigProblem } from "../config/errors.ts";
import { absolutePath, time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const file = v.optional(v.pipe(v.string(), v.description("the configuration; absent: there is none")));
const where = v.pipe(
  v.string(),
  v.description("a line of a file, a variable of the environment, a flag, or `default`"),
);

export const CONFIG_INIT = defineResult({
  name: "config.init",
  version: 1,
  about: "the file that was written",
  schema: v.object({ path: absolutePath }),
});

export const CONFIG_CHECK = defineResult({
  name: "config.check",
  version: 1,
  about: "everything that does not fit",
  schema: v.object({
    file,
    problems: v.array(
      v.object({ where, key: v.string(), message: v.string(), hint: v.optional(v.string()) }),
    ),
    warnings: v.array(v.object({ message: v.string() })),
  }),
});

/** What does not fit, and what is dubious. */
export const checkedJson = (
  of: string | undefined,
  problems: readonly ConfigProblem[],
  warnings: readonly string[],
): ValueOf<typeof CONFIG_CHECK> => ({
  file: of,
  problems: problems.map((one) => ({ where: one.where, key: one.key, message: one.what, hint: one.hint })),
  warnings: warnings.map((message) => ({ message })),
});

export const CONFIG_SHOW = defineResult({
  name: "config.show",
  version: 1,
  about: "every setting in force; secrets are masked",
  schema: v.object({
    file,
    settings: v.array(
      v.object({
        key: v.string(),
        value: v.pipe(
          v.unknown(),
          v.description(
            "what is read as days, hours or minutes, as `audit.retention`, `audit.cleanup_interval` and `audit.stale_after` are, is their number",
          ),
        ),
        where,
      }),
    ),
  }),
});

const claimSchema = v.object({
  kind: v.picklist([
    "plugin",
    "command",
    "allowed",
    "step",
    "before",
    "address",
    "secret",
    "outside",
    "listen",
    "sink",
    "store",
    "option",
  ]),
  key: v.string(),
  value: v.string(),
  credentials: v.optional(v.array(v.string())),
  receivers: v.optional(v.pipe(v.array(v.string()), v.description("who gets the secret"))),
  agreed: v.boolean(),
});

export const CONFIG_TRUST = defineResult({
  name: "config.trust",
  version: 1,
  about: "what this project wants, and what of it is agreed to",
  schema: v.object({
    project: absolutePath,
    sha256: v.pipe(v.string(), v.description("what CONTEXTCORE_TRUST takes")),
    agreed: v.boolean(),
    since: v.optional(time),
    claims: v.array(claimSchema),
  }),
});

/** @param left the claims that are not agreed to */
export function standingJson(
  { project, sha256, claims, agreement }: Standing,
  left: readonly Claim[],
): ValueOf<typeof CONFIG_TRUST> {
  const refused = new Set(left.map(claimId));
  return {
    project,
    sha256,
    agreed: left.length === 0,
    since: agreement?.at,
    claims: claims.map(({ to, ...claim }) => ({
      ...claim,
      receivers: to,
      agreed: !refused.has(claimId(claim)),
    })),
  };
}

export const CONFIG_TRUST_LIST = defineResult({
  name: "config.trust.list",
  version: 1,
  about: "with `--list`: the projects that are agreed to",
  schema: v.object({
    projects: v.array(
      v.object({ project: absolutePath, since: time, how: v.string(), claimsTotal: v.number() }),
    ),
  }),
});

export const CONFIG_TRUST_REMOVE = defineResult({
  name: "config.trust.remove",
  version: 1,
  about: "with `--remove`: whether there was an agreement",
  schema: v.object({ project: absolutePath, removed: v.boolean() }),
});
