import { licensedPackages } from "./packages.macro.ts" with { type: "macro" };
import type { LicensedPackage } from "./packages.macro.ts";

/** Everything that this program consists of, collected during the build. */
export const PACKAGES: readonly LicensedPackage[] = licensedPackages();
