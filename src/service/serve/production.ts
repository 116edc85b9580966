/** What a service in production does not start with: secrets that anybody could guess, and files of theirs that others read. */
import { dirname, resolve } from "node:path";
import type { Config } from "../../config/config.ts";
import type { BuiltIn } from "../../host/built-in.ts";
import { permissionsOf } from "../../storage/entries.ts";
import { RefusedError } from "../../tasks/task/errors.ts";
import { given } from "../../units/given.ts";
import { listed } from "../../units/words.ts";
import { heldSecrets } from "./held-secrets.ts";
import { plainUpstreams } from "./plain-upstreams.ts";

/** Secrets of examples and of manuals, in lower case. */
const EXAMPLES =
  /^(admin|administrator|(minio|rabbit|postgres|redis|loki|tempo|mimir|grafana|contextcore|root|test|demo|user|guest|default|example|my|dev)?[-_ ]?(admin|password|passw0rd|passphrase|secret|token|key)|root|test|demo|user|guest|default|grafana|contextcore|none|null|qwerty\w*|letmein|p@ssw0rd|s3cr3t|hunter2|correct ?horse ?battery ?staple|replace[-_ ].*|<.*>|\*+|0?123456\d*|abc123|abcdef\w*)[-_]?\d{0,4}!?$|example|change[-_ ]?(me|this|it)|placeholder|your[-_ ]|[-_]here$/i;

/** Shorter ones are tried out in no time, and so are those of few characters. */
const LENGTH_LEAST = 8;
const CHARACTERS_LEAST = 5;

/** Whether these are the surroundings of production. */
const isProduction = ({ service, env }: Config): boolean =>
  service.production ?? env.ENVIRONMENT?.toLowerCase() === "production";

/**
 * @param certificate whose text may hold its key
 * @throws RefusedError naming everything that is in the way
 */
export async function requireProduction(
  config: Config,
  builtIns: readonly BuiltIn[],
  certificate?: string,
): Promise<void> {
  if (!isProduction(config)) return;
  const secrets = await heldSecrets(config, builtIns);
  const weak = secrets.filter(({ text }) => isWeak(text)).map(placeOf);
  const { file, service, directory } = config;
  const { cert, key } = service.tls;
  const holdsKey = certificate?.includes("PRIVATE KEY-----") === true ? cert : undefined;
  const named = Object.values(given({ key, holdsKey })).map((path) => resolve(directory, path));
  const files = [...Object.values(given({ file })), ...named, ...secrets.flatMap((one) => one.file ?? [])];
  const open = service.trusted_proxy.filter((network) => network.endsWith("/0"));
  const found = [
    ...open.map((network) => `service.trusted_proxy believes every address (${network})`),
    ...plainUpstreams(config),
    ...[...new Set(weak)].map((where) => `${where} is a weak or example secret`),
    ...[...new Set(files)].flatMap(openFile),
    ...[...new Set(files.map(dirname))].flatMap(openDirectory),
  ];
  if (found.length === 0) return;
  throw new RefusedError(
    `not fit for production: ${listed(found)}`,
    "mend that; only `service.production: false` starts with it",
  );
}

const placeOf = ({ where, file }: { readonly where: string; readonly file?: string }): string =>
  file === undefined ? where : `${where} (${file})`;

/** None at all is no weak one. */
const isWeak = (text: string): boolean =>
  text !== "" && (text.length < LENGTH_LEAST || new Set(text).size < CHARACTERS_LEAST || EXAMPLES.test(text));

/** Of the permissions, what others than the owner and the group may do; and that only owners remove what is in a directory. */
const OTHERS = 0o007;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

const openFile = (file: string): string[] =>
  ((permissionsOf(file) ?? 0) & OTHERS) === 0 ? [] : [`others may read or change ${file}: chmod o= ${file}`];

function openDirectory(directory: string): string[] {
  const mode = permissionsOf(directory) ?? 0;
  if ((mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0) return [];
  return [`others may replace what is in ${directory}: chmod o-w ${directory}`];
}
