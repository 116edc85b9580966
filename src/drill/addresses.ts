/** Whether two addresses lead to the same server, however they are written. */
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";

/** An address, as far as it says where something is. */
interface Address {
  readonly host: string;
  readonly port: string;
  /** Without slashes at its end. */
  readonly path: string;
}

const SCHEME_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/** Reads a URL, `host` or `host:port`. @param fallback the port where none is written */
export function readAddress(text: string, fallback = ""): Address | undefined {
  const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(text);
  const source = hasScheme ? text : `none://${text}`;
  if (!URL.canParse(source)) return undefined;
  const { hostname, port, protocol, pathname } = new URL(source);
  if (hostname === "") return undefined;
  return {
    host: hostname
      .replace(/^\[|\]$/g, "")
      .replace(/\.$/, "")
      .toLowerCase(),
    port: port || (SCHEME_PORTS[protocol] ?? fallback),
    path: pathname.replace(/\/+$/, ""),
  };
}

/** Whether both lead to the same port and path of one machine, by their names or by what those resolve to. */
export async function isSameAddress(a: Address, b: Address): Promise<boolean> {
  if (a.port !== b.port || a.path !== b.path) return false;
  if (a.host === b.host) return true;
  const [left, right] = await Promise.all([machinesOf(a.host), machinesOf(b.host)]);
  return [...left].some((one) => right.has(one));
}

const THIS_MACHINE = "this machine";

/** Every name of this machine is one and the same. A name that does not resolve leads to no machine that is known. */
async function machinesOf(host: string): Promise<ReadonlySet<string>> {
  const found = host === "localhost" ? [] : await lookup(host, { all: true }).catch(() => []);
  const own = ownAddresses();
  const all = [host, ...found.map(({ address }) => address)];
  return new Set(all.map((one) => (isLoopback(one) || own.has(one) ? THIS_MACHINE : one)));
}

const isLoopback = (address: string): boolean =>
  /^(localhost|.*\.localhost|127(\.\d+){3}|::1|0\.0\.0\.0|::|::ffff:(127\.|7f).*)$/.test(address);

const ownAddresses = (): ReadonlySet<string> =>
  new Set(
    Object.values(networkInterfaces())
      .flat()
      .flatMap((one) => one?.address ?? []),
  );
