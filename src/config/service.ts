/** `service` and `permissions` of `contextcore.yaml`: where the service listens, whom it trusts, and who may run which task. */
import * as v from "valibot";
import { duration } from "../contract/options.ts";

/** Where a server listens. */
export interface ListenAddress {
  /** A name or an address, an IPv6 one in brackets. */
  readonly host: string;
  /** 0: one that the system chooses. */
  readonly port: number;
}

/** Reads `127.0.0.1:9083`, `[::1]:9083` or `:9083`, which means every address. @returns `undefined` for anything else */
export function readListen(text: string): ListenAddress | undefined {
  const [, host, port] = /^(\[[\da-f:.]+\]|[a-z\d.-]*):(\d{1,5})$/i.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host: host.toLowerCase() || "0.0.0.0", port: Number(port) };
}

/** Unless it is told otherwise. */
const LISTEN = "127.0.0.1:9083";

const KIND = /^(\*|[a-z][a-z_]*)$/;

const kinds = (about: string) =>
  v.nullish(v.pipe(v.array(v.pipe(v.string(), v.regex(KIND, "not a kind of task"))), v.description(about)));

const texts = (about: string) =>
  v.nullish(v.pipe(v.array(v.pipe(v.string(), v.nonEmpty("empty"))), v.description(about)), []);

const file = (about: string) =>
  v.optional(v.pipe(v.string(), v.nonEmpty("empty: name a file"), v.description(about)));

/** Where the service listens, and what it demands of its surroundings. */
export const serviceSchema = v.nullish(
  v.strictObject({
    listen: v.optional(
      v.pipe(
        v.string(),
        v.check((text) => readListen(text) !== undefined, "not ADDRESS:PORT, as 127.0.0.1:9083"),
        v.description("address and port of `serve`; beyond this machine it needs `tls` or `trusted_proxy`"),
      ),
      LISTEN,
    ),
    hosts: texts("names that the service answers to, beside its address"),
    tls: v.nullish(
      v.pipe(
        v.strictObject({
          cert: file("the certificate's file, PEM, with those that lead to its root"),
          key: file("the file of its private key, PEM"),
        }),
        v.check(
          ({ cert, key }) => (cert === undefined) === (key === undefined),
          "a certificate and its key come together: `cert` and `key`",
        ),
      ),
      {},
    ),
    trusted_proxy: texts("addresses and networks of proxies whose X-Forwarded-For and -Proto are believed"),
    production: v.optional(
      v.pipe(
        v.boolean(),
        v.description(
          "refuse to start on weak or example secrets, or where others may read the configuration; default: whether ENVIRONMENT is production",
        ),
      ),
    ),
    grace: duration("how long running tasks have to end when the service stops", "30s", { max: "1h" }),
  }),
  {},
);

/** Which kinds of tasks may be run by whom. */
export const permissionsSchema = v.nullish(
  v.strictObject({
    api: kinds(
      'kinds of tasks that may be started over HTTP; "*": every kind that deletes and overwrites nothing. Default: ["*"]',
    ),
    schedules: kinds(
      'kinds that schedules may run; default: ["*", prune, audit_prune, retention_apply, retention_logs, subject_retry]',
    ),
    admin: kinds("of those for the API, the kinds that admins may start; default: all"),
    viewer: kinds("of those for the API, the kinds that viewers may start; default: none"),
  }),
  {},
);
