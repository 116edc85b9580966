import { readSigningKey } from "../../audit/journal/checkpoint.ts";
import { openHome } from "../../audit/journal/home.ts";
import { KEYS_KIT } from "../../results/keys.ts";
import { knownIdentities } from "../../storage/known-identities.ts";
import { openStackToShow } from "../../tasks/stack/stack.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { given } from "../../units/given.ts";
import { callerOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { settingsOf } from "../settings.ts";

export default defineCommand({
  about:
    "print a page for the safe: where the keys and the copies are, and how to bring them back without this program",
  examples: [{ line: "keys kit > recovery.txt", about: "print it, and keep it with the identity" }],
  json: [KEYS_KIT],
  async run(call) {
    const stack = await openStackToShow(callerOf(call));
    const { file, home, project } = trailPlaces(stack.config);
    const publicKey = readSigningKey(openHome(home, file))?.verifier;
    const known = knownIdentities(home);
    const places = Object.keys(stack.config.stores).map((name) => {
      const prefix = `stores.${name}.`;
      const own = settingsOf(stack.config, stack).filter(
        ({ key, where }) => key.startsWith(prefix) && where !== "default",
      );
      const settings = own.map(({ key, value }) => ({ key: key.slice(prefix.length), value }));
      return {
        name,
        settings,
        recipients: recipientsIn(settings).map((recipient) => ({
          recipient,
          ...given({ identity: known.get(recipient) }),
        })),
      };
    });
    if (call.json)
      printResult(call, KEYS_KIT, { project, ...given({ publicKey }), places, commands: [...COMMANDS] });
    else call.terminal.print(...page({ project, publicKey, places }));
    return EXIT.ok;
  },
});

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(", ") : String(value));

const recipientsIn = (settings: Place["settings"]): string[] => {
  const { value } = settings.find(({ key }) => key === "encrypt") ?? {};
  return Array.isArray(value) ? value.map(String) : [];
};

/** In an empty directory, with tools that every system has or can get. */
const COMMANDS: readonly string[] = [
  "aws s3 cp --recursive s3://BUCKET/PREFIX/NAME .        # or copy the directory",
  "sha256sum -c SHA256SUMS",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
  'find . -name "*.age" -exec sh -c \'age -d -i backup.key -o "${1%.age}" "$1"\' - {} \\;',
  'find . -name "*.zst" -exec zstd -d {} \\;',
  "jq . manifest.json; head -n 1 logs.json | jq .",
];

interface Place {
  readonly name: string;
  readonly settings: readonly { readonly key: string; readonly value: unknown }[];
  readonly recipients: readonly { readonly recipient: string; readonly identity?: string }[];
}

interface Kit {
  readonly project: string;
  readonly publicKey: string | undefined;
  readonly places: readonly Place[];
}

const page = ({ project, publicKey, places }: Kit): string[] => [
  `Recovery of ${project}`,
  "",
  "The public key of the signatures of its copies:",
  `  ${publicKey ?? "none yet: the first copy makes it"}`,
  "",
  ...places.flatMap(({ name, settings, recipients }) => [
    `The place ${name}:`,
    ...settings.map(({ key, value }) => `  ${key}: ${textOf(value)}`),
    ...(recipients.length === 0 ? ["  not encrypted"] : recipients.map(identityText)),
    "",
  ]),
  ...(places.length === 0 ? ["There is no place yet: copies go to a store of the configuration.", ""] : []),
  "With contextcore, in a directory with contextcore.yaml, which no copy holds: keep it with this page.",
  "  contextcore recover --from PLACE --identity backup.key --key PUBLIC_KEY --dry-run",
  "  contextcore verify PLACE:NAME --identity backup.key --key PUBLIC_KEY",
  "  contextcore restore PLACE:latest --identity backup.key --key PUBLIC_KEY",
  "",
  "Without it, in an empty directory (age: age-encryption.org, zstd: zstd.net, jq: jqlang.org):",
  ...COMMANDS.map((line) => `  ${line}`),
  "",
  "Whoever has the identity can read every backup. Without it nobody can.",
];

const identityText = ({ recipient, identity }: Place["recipients"][number]): string =>
  `  the identity of ${recipient}: ${identity ?? "______________________________"}`;
