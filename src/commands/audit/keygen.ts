import { makeSigningKey } from "../../audit/journal/checkpoint.ts";
import { ownIdentity } from "../../audit/journal/identity.ts";
import type { Config } from "../../config/config.ts";
import { AUDIT_KEYGEN } from "../../results/audit.ts";
import { openStackTrail } from "../../tasks/stack/stack.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { withLastWord } from "../../tasks/task/last-word.ts";
import { agreementOf } from "../agreement.ts";
import { callerOf, configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: "make the key that signs a checkpoint of the trail after each destructive command",
  args: {
    replace: { type: "flag", about: "replace an existing key" },
  },
  examples: [
    { line: "audit keygen", about: "prints the public key: keep it apart from the trail" },
    { line: 'audit verify --key "$PUBLIC_KEY"', about: "what the public key is for" },
  ],
  json: [AUDIT_KEYGEN],
  async run(call) {
    const config = await configOf(call);
    await agreementOf(call, config);
    const { host } = ownIdentity();
    const { verifier, path } = makeSigningKey({
      ...trailPlaces(config),
      host,
      replace: call.args.replace,
    });
    await recorded(call, config, verifier);
    if (call.json) printResult(call, AUDIT_KEYGEN, { publicKey: verifier, path });
    else {
      call.terminal.print(verifier);
      call.terminal.note(`the signing key is in ${path}; keep the public key above apart from the trail`);
    }
    return EXIT.ok;
  },
});

/** The key exists by now, recorded or not. @throws TrailError */
async function recorded(call: Call, config: Config, verifier: string): Promise<void> {
  await using trail = openStackTrail(callerOf(call), config);
  try {
    await trail.append({ operation: "audit_keygen", outcome: "success", details: { public: verifier } });
  } catch (error) {
    throw withLastWord(error, `the key was made nevertheless; its public key is ${verifier}`);
  }
}
