import type { OpenStore } from "../host/open.ts";
import { canRead } from "../storage/can-read.ts";
import { knownIdentities } from "../storage/known-identities.ts";
import type { DoctorDiagnostic } from "./diagnostic.ts";

/**
 * Whether an identity that opens copies can be read on the machine that writes them: whoever breaks into it then reads them, too.
 * @param home `~/.contextcore`
 */
export function examineIdentities(stores: readonly OpenStore[], home: string): DoctorDiagnostic[] {
  const known = knownIdentities(home);
  return stores.flatMap(({ name, encrypt = [] }) =>
    encrypt.flatMap((recipient): DoctorDiagnostic[] => {
      const path = known.get(recipient);
      if (path === undefined || !canRead(path)) return [];
      return [
        {
          subject: name,
          severity: "warning",
          message: `${path} can be read here: it is the identity that opens the copies in ${name}`,
          hint: "Move it to where no backup is written: another disk, a password manager, a safe.",
        },
      ];
    }),
  );
}
