/**
 * Which proxy the runtime sends a request through. It reads the environment by itself; here it is told what it does not know,
 * and asked what it will do, so that errors can name the proxy.
 */
import { BlockList, isIPv4 } from "node:net";
import { withoutSecrets } from "../redact/known-secrets.ts";

type Env = Record<string, string | undefined>;

/** `localhost`, 127.0.0.0/8 and ::1: whoever is in between cannot reach this machine's own addresses. */
const THIS_MACHINE = "localhost,127.0.0.0/8,[::1]";

/** From now on this machine is asked directly, whatever proxies the environment names. */
export function askThisMachineDirectly(env: Env): void {
  env.no_proxy = [env.no_proxy || env.NO_PROXY, THIS_MACHINE].filter(Boolean).join(",");
}

/** The proxy for an address, as it may be shown: `http://proxy:3128`. */
export function proxyFor(address: string, env: Env = process.env): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, hostname, port } = new URL(address);
  const own = protocol === "https:" ? env.https_proxy || env.HTTPS_PROXY : env.http_proxy || env.HTTP_PROXY;
  const proxy = own || env.all_proxy || env.ALL_PROXY;
  if (!proxy || isDirect(hostname, port || DEFAULT_PORTS[protocol], env.no_proxy || env.NO_PROXY || ""))
    return undefined;
  return withoutSecrets(proxy.includes("://") ? proxy : `http://${proxy}`).replace(/\/$/, "");
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

const isDirect = (host: string, port: string | undefined, exceptions: string): boolean =>
  exceptions
    .toLowerCase()
    .split(/[\s,]+/)
    .some((exception) => exception === "*" || isExcepted(host, port, exception));

/** `example.com` and `.example.com` mean what is below them, too; `10.0.0.0/8` a network; all of them perhaps with a port. */
function isExcepted(host: string, port: string | undefined, exception: string): boolean {
  const [, name = exception, itsPort = port] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(exception) ?? [];
  if (itsPort !== port || name === "") return false;
  const [network = "", bits] = name.split("/");
  if (bits !== undefined) return isIPv4(network) && isIPv4(host) && isWithin(host, network, Number(bits));
  const bare = name.replace(/^\*?\./, "");
  return host === bare || host === `[${bare}]` || host.endsWith(`.${bare}`);
}

function isWithin(host: string, network: string, bits: number): boolean {
  if (!(bits >= 0 && bits <= 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits);
  return list.check(host);
}
