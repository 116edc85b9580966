import { licensedPackages } from "./packages.macro.ts" with { type: "macro" };
import type { LicensedPackage } from "./packages.macro.ts";

/** Everything that this program consists of. Found while it was built. */
export const PACKAGES: readonly LicensedPackage[] = licensedPackages();
