import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { KEYS_CHECK } from "../../results/keys.ts";
import { openEncrypted } from "../../storage/age/decrypt.ts";
import { AgeError } from "../../storage/age/error.ts";
import { requireRecipient } from "../../storage/age/keys.ts";
import { sealFor } from "../../storage/age/seal.ts";
import { rememberChecked } from "../../storage/checked-recipients.ts";
import { rememberIdentity } from "../../storage/known-identities.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { IDENTITY, readIdentities } from "../../tasks/task/identity.ts";
import { askingPassphrase, configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

const args = {
  recipient: {
    type: "positional",
    hint: "RECIPIENT",
    repeatable: true,
    about: "an age recipient, age1…",
  },
  ...IDENTITY,
  identity: {
    ...IDENTITY.identity,
    required: true,
    about: "the file of the identity, as keys new or age-keygen writes it",
  },
} as const;

export default defineCommand({
  about: "prove that an identity opens what is encrypted to these recipients",
  args,
  examples: [
    { line: "keys check --identity /media/usb/backup.key", about: "prints the recipient that belongs to it" },
  ],
  json: [KEYS_CHECK],
  async run(call) {
    const { args: given, terminal } = call;
    const identities = await identitiesIn(call);
    if (identities === undefined) return EXIT.interrupted;
    const own = identities.map(({ recipient }) => recipient);
    const wanted = given.recipient.length > 0 ? given.recipient : own;
    const secrets = identities.map(({ identity }) => identity);
    const recipients = await Promise.all(
      wanted.map(async (recipient) => ({ recipient, opens: await opens(recipient, secrets) })),
    );
    const proved = recipients.filter((one) => one.opens).map(({ recipient }) => recipient);
    const { home } = trailPlaces(await configOf(call));
    rememberChecked(home, proved);
    rememberIdentity(home, own, resolve(call.directory, given.identity));
    if (call.json) printResult(call, KEYS_CHECK, { recipients });
    else
      for (const { recipient, opens: isOpened } of recipients)
        terminal.print(
          isOpened ? `${recipient}  opened` : `${recipient}  not opened: another identity belongs to it`,
        );
    return recipients.every((one) => one.opens) ? EXIT.ok : EXIT.different;
  },
});

const identitiesIn = (call: Call<typeof args>) =>
  readIdentities(call.args, call.directory, askingPassphrase(call));

const PROBE = new TextEncoder().encode("contextcore");

/** Encrypts to the recipient, and looks whether one of the identities opens it. @throws UsageError when it is not a recipient */
async function opens(recipient: string, identities: readonly string[]): Promise<boolean> {
  await requireRecipient(recipient).catch((error) => {
    throw error instanceof AgeError ? new UsageError(error.message, error.hint) : error;
  });
  const seal = await sealFor([recipient], randomBytes(32));
  const pieces = await Array.fromAsync(seal.encrypt(only(PROBE)));
  const stored = Buffer.concat(pieces);
  const read = async (from: number, to: number) => stored.subarray(from, to);
  try {
    const opened = await openEncrypted({ size: stored.length, read }, identities);
    return Buffer.compare(await opened.read(0, opened.size), PROBE) === 0;
  } catch {
    return false;
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
