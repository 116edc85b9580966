/** How the service is reached, and whether that is safe. */
import { resolve } from "node:path";
import { isLoopback } from "../../agreement/loopback.ts";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/errors.ts";
import { readListen } from "../../config/service.ts";
import { readNamedText } from "../../storage/own-file.ts";
import { fileFailure } from "../../storage/refusal.ts";
import { RefusedError, UsageError } from "../../tasks/task/errors.ts";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import type { ListenOptions } from "../listen/listener.ts";
import { hostName } from "../listen/origin.ts";
import { privateNetworks, trustedProxies } from "../listen/proxies.ts";

/** A certificate with its whole chain is a few kilobytes. */
const PEM_MAX = 1 << 20;

type Surroundings = Pick<ListenOptions, "reach" | "tls">;

/**
 * @param address in the place of the configured one
 * @throws UsageError for an address that is none; ConfigError; RefusedError for one beyond this machine without TLS or a proxy
 */
export const surroundingsOf = (config: Config, address?: string): Surroundings =>
  reached(config, address ?? config.service.listen);

/** Of a service that only takes runs in: programs of private networks may ask it without TLS. @throws as {@link surroundingsOf} */
export const relaySurroundingsOf = (config: Config, address?: string): Surroundings =>
  reached(config, address ?? config.activity.listen, config.activity.networks);

function reached(config: Config, address: string, networks?: readonly string[]): Surroundings {
  const { service } = config;
  const own = readListen(address);
  if (own === undefined)
    throw new UsageError(`--listen ${address}: not ADDRESS:PORT`, "for example 127.0.0.1:9083");
  const tls = tlsOf(config);
  const isPlain = networks !== undefined && networks.length > 0;
  if (!isLoopback(own.host) && tls === undefined && service.trusted_proxy.length === 0 && !isPlain)
    throw new RefusedError(
      `${own.host} can be reached from other machines, and tokens would be sent unencrypted`,
      `set \`service.tls\`, or name ${networks === undefined ? "" : "the private networks of those that ask: `activity.networks`, or "}the proxy in front that encrypts: \`service.trusted_proxy\``,
    );
  const proxies = settings(config, ["service", "trusted_proxy"], () => trustedProxies(service.trusted_proxy));
  const plain = settings(config, ["activity", "networks"], () => privateNetworks(networks ?? []));
  const hosts = settings(config, ["service", "hosts"], () => service.hosts.map(requireHostName));
  return { reach: { address: own, hosts, isTls: tls !== undefined, proxies, plain }, ...given({ tls }) };
}

function requireHostName(text: string): string {
  const name = hostName(text);
  if (name !== undefined) return name;
  throw new RangeError(`not a host's name: ${JSON.stringify(text)}`);
}

/** @throws ConfigError */
function settings<Value>({ where }: Config, path: readonly string[], read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigError([{ where: where?.(path) ?? "", key: path.join("."), what: messageOf(error) }]);
  }
}

function tlsOf({ service: { tls }, directory }: Config): ListenOptions["tls"] {
  if (tls.cert === undefined || tls.key === undefined) return undefined;
  return { cert: pem(resolve(directory, tls.cert)), key: pem(resolve(directory, tls.key)) };
}

function pem(path: string): string {
  try {
    return readNamedText(path, PEM_MAX);
  } catch (error) {
    const { message, hint } = fileFailure("read", path, error, { purpose: "read" });
    throw new UsageError(message, hint);
  }
}
