/** Compares what a project wants with what its user has agreed to. */
import { basename, join } from "node:path";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/errors.ts";
import { FILE_NAME } from "../config/source.ts";
import type { BuiltIn } from "../host/built-in.ts";
import { realPath } from "../storage/real-path.ts";
import { given } from "../units/given.ts";
import { type Places, wasInUse } from "./adopt.ts";
import { type Claim, claimId, hashOfClaims } from "./claim.ts";
import { claimsOf, codeClaim } from "./claims.ts";
import { type Agreement, changeAgreements, readAgreements, storePath } from "./store.ts";

/** What a project wants, and which of it the user has agreed to. */
export interface Standing {
  /** The key of the agreement: the real path of the configuration. */
  readonly project: string;
  readonly claims: readonly Claim[];
  /** Hash of all claims, as in `CONTEXTCORE_TRUST`. */
  readonly sha256: string;
  /** Claims that the user has not agreed to. */
  readonly fresh: readonly Claim[];
  /** The earlier agreement, if any. */
  readonly agreement?: Agreement;
  /** Whether `CONTEXTCORE_TRUST`, if set, names these claims or others. */
  readonly pin?: "fits" | "differs";
  /** It was in use before agreement was asked for, and has just been adopted. */
  readonly isAdopted?: true;
  /** The path of an agreements file that this program did not write there, and that was ignored. */
  readonly foreignStore?: string;
}

/** The surroundings of a call that matter here. */
interface AgreementSources extends Places {
  /** The working directory. */
  readonly cwd: string;
  readonly builtIns: readonly BuiltIn[];
}

/** @throws AgreementError when the agreements cannot be read, ConfigError when `CONTEXTCORE_TRUST` is malformed */
export async function standingOf(config: Config, asking: AgreementSources): Promise<Standing> {
  const claims = await claimsOf(config, asking);
  const sha256 = hashOfClaims(claims);
  const pin = pinOf(config.env.CONTEXTCORE_TRUST, sha256);
  const base = { project: projectOf(config), claims, sha256, ...given({ pin }) };
  if (claims.length === 0 || pin === "fits") return { ...base, fresh: [] };
  const { projects, isForeign } = readAgreements(asking.home);
  // An ignored file may say that agreement was withdrawn, so nothing is adopted then.
  if (isForeign) return { ...base, fresh: claims, foreignStore: storePath(asking.home) };
  const agreement = projects[base.project];
  if (agreement?.how === "removed") return { ...base, fresh: claims };
  if (agreement !== undefined) return { ...base, agreement, fresh: without(claims, agreement) };
  if (!wasInUse(asking, config.directory)) return { ...base, fresh: claims };
  await agreeTo(base, asking.home, "adopted");
  return { ...base, fresh: [], isAdopted: true };
}

/** Agrees to everything that the project wants now, and to nothing else. @throws AgreementError when that cannot be stored */
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
 * Agrees to a plugin as it is now, and no longer as it was.
 * @param spec its name in the configuration @param sha256 of all its files @throws AgreementError when that cannot be stored
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

/** Withdraws the agreement to a project. @returns whether there was one @throws AgreementError when that cannot be stored */
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

/** A project is identified by the real path of its configuration, so two files in one directory are two projects. */
const projectOf = ({ file, directory }: Config): string =>
  join(realPath(directory), file === undefined ? FILE_NAME : basename(file));

const without = (claims: readonly Claim[], agreement: Agreement): Claim[] => {
  const known = new Set(agreement.claims);
  return claims.filter((claim) => !known.has(claimId(claim)));
};

/** Several hashes may be given, with commas, for a job that works on more than one project. */
function pinOf(text: string | undefined, sha256: string): Standing["pin"] {
  if (!text) return undefined;
  const pins = text.split(/[\s,]+/).filter((pin) => pin !== "");
  const wrong = pins.find((pin) => !/^sha256:[0-9a-f]{64}$/.test(pin));
  if (wrong === undefined) return pins.includes(sha256) ? "fits" : "differs";
  const hint = "`contextcore config trust` shows a project's hash";
  throw new ConfigError([{ where: "CONTEXTCORE_TRUST", key: "", what: `not sha256:HASH: ${wrong}`, hint }]);
}
