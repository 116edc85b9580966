/** How a project stands with its user: what it wants, and what of that is agreed to. */
import { basename, join } from "node:path";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/errors.ts";
import { FILE_NAME } from "../config/source.ts";
import type { BuiltIn } from "../host/built-in.ts";
import { given } from "../units/given.ts";
import { type Places, wasInUse } from "./adopt.ts";
import { type Claim, claimId, hashOfClaims } from "./claim.ts";
import { claimsOf, codeClaim } from "./claims.ts";
import { realPath } from "./outside.ts";
import { type Agreement, changeAgreements, readAgreements, storePath } from "./store.ts";

/** What a project wants, and what of that its user has agreed to. */
export interface Standing {
  /** Under what the agreement is kept: where the configuration really lies. */
  readonly project: string;
  readonly claims: readonly Claim[];
  /** Of all claims: what `CONTEXTCORE_TRUST` names. */
  readonly sha256: string;
  /** Those that nobody has agreed to. */
  readonly fresh: readonly Claim[];
  /** What was agreed to before, where anything was. */
  readonly agreement?: Agreement;
  /** `CONTEXTCORE_TRUST` is set: it names these claims, or others. */
  readonly pin?: "fits" | "differs";
  /** It was in use before anything was asked, and has just been taken over. */
  readonly isAdopted?: true;
  /** The file of agreements is not the one that this program wrote, and counted for nothing. */
  readonly foreignStore?: string;
}

/** The surroundings of a call that matter here. */
export interface AgreementSources extends Places {
  /** The working directory. */
  readonly cwd: string;
  readonly builtIns: readonly BuiltIn[];
}

/** @throws AgreementError when the agreements cannot be read, ConfigError when `CONTEXTCORE_TRUST` is none */
export async function standingOf(config: Config, asking: AgreementSources): Promise<Standing> {
  const claims = await claimsOf(config, asking);
  const sha256 = hashOfClaims(claims);
  const pin = pinOf(config.env.CONTEXTCORE_TRUST, sha256);
  const base = { project: projectOf(config), claims, sha256, ...given({ pin }) };
  if (claims.length === 0 || pin === "fits") return { ...base, fresh: [] };
  const { projects, isForeign } = readAgreements(asking.home);
  // What was taken back may be among what no longer counts, so that nothing is taken over then.
  if (isForeign) return { ...base, fresh: claims, foreignStore: storePath(asking.home) };
  const agreement = projects[base.project];
  if (agreement?.how === "removed") return { ...base, fresh: claims };
  if (agreement !== undefined) return { ...base, agreement, fresh: without(claims, agreement) };
  if (!wasInUse(asking, config.directory)) return { ...base, fresh: claims };
  await agreeTo(base, asking.home, "adopted");
  return { ...base, fresh: [], isAdopted: true };
}

/** From now on everything that the project wants is agreed to, and nothing else. @throws AgreementError when that cannot be kept */
export const agreeTo = (
  { project, claims }: Pick<Standing, "project" | "claims">,
  home: string,
  how: Agreement["how"],
): Promise<void> =>
  changeAgreements(home, (others) => ({
    ...others,
    [project]: agreementTo(claims.map(claimId), how),
  }));

/**
 * From now on a plugin is agreed to as it is, and no more as it was.
 * @param spec what the configuration calls it @param sha256 of all its files @throws AgreementError when that cannot be kept
 */
export async function agreeToPlugin(
  spec: string,
  sha256: string,
  config: Config,
  home: string,
): Promise<void> {
  const project = projectOf(config);
  const before = claimId(codeClaim(spec, "")).slice(0, -2);
  await changeAgreements(home, (others) => {
    const kept = (others[project]?.claims ?? []).filter((id) => !id.startsWith(before));
    return { ...others, [project]: agreementTo([...kept, claimId(codeClaim(spec, sha256))], "plugin") };
  });
}

const agreementTo = (claims: readonly string[], how: Agreement["how"]): Agreement => ({
  at: new Date().toISOString(),
  how,
  claims: [...claims],
});

/** Nothing of the project is agreed to any more. @returns whether anything was @throws AgreementError when that cannot be kept */
export async function forget(config: Config, home: string): Promise<boolean> {
  const project = projectOf(config);
  const agreement = readAgreements(home).projects[project];
  if (agreement === undefined || agreement.how === "removed") return false;
  await changeAgreements(home, (others) => ({
    ...others,
    [project]: agreementTo([], "removed"),
  }));
  return true;
}

/** A project is where its configuration lies, by whatever way one came there: two files in a directory are two. */
const projectOf = ({ file, directory }: Config): string =>
  join(realPath(directory), file === undefined ? FILE_NAME : basename(file));

const without = (claims: readonly Claim[], agreement: Agreement): Claim[] => {
  const known = new Set(agreement.claims);
  return claims.filter((claim) => !known.has(claimId(claim)));
};

/** Several may be named, with commas: for a job that looks at more than one project. */
function pinOf(text: string | undefined, sha256: string): Standing["pin"] {
  if (!text) return undefined;
  const pins = text.split(/[\s,]+/).filter((pin) => pin !== "");
  const wrong = pins.find((pin) => !/^sha256:[0-9a-f]{64}$/.test(pin));
  if (wrong === undefined) return pins.includes(sha256) ? "fits" : "differs";
  const hint = "contextcore config trust shows the one of a project";
  throw new ConfigError([{ where: "CONTEXTCORE_TRUST", key: "", what: `not sha256:HASH: ${wrong}`, hint }]);
}
