/** Addresses and networks that are trusted: proxies whose word on their callers counts, networks where nobody listens in. */
import { BlockList, isIP } from "node:net";

/** Addresses and networks, compiled. */
export type TrustedProxies = Pick<BlockList, "check">;

/** @param written addresses, or networks such as `10.0.0.0/8` @throws RangeError for anything else */
export function trustedProxies(written: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const text of written) {
    const [address = "", bits, ...rest] = text.split("/");
    const family = familyOf(address);
    const most = family === "ipv4" ? 32 : 128;
    if (
      family === undefined ||
      rest.length > 0 ||
      (bits !== undefined && !(/^\d{1,3}$/.test(bits) && +bits <= most))
    )
      throw new RangeError(`not an address or a network: ${JSON.stringify(text)}`);
    list.addSubnet(address, bits === undefined ? most : Number(bits), family);
  }
  return list;
}

/** Of IPv4 and IPv6, what no router of the internet leads to. */
const PRIVATE = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "127.0.0.0/8",
  "fc00::/7",
  "fe80::/10",
  "::1",
];

/** Whether no router of the internet leads to this address. */
export const isPrivate = (address: string): boolean => isTrusted(address, trustedProxies(PRIVATE));

/** The same of private networks alone. @throws RangeError for anything else */
export function privateNetworks(written: readonly string[]): TrustedProxies {
  for (const text of written) {
    trustedProxies([text]);
    const [address = "", bits] = text.split("/");
    const isWithin = PRIVATE.some(
      (one) =>
        Number(bits ?? 128) >= Number(one.split("/")[1] ?? 128) && isTrusted(address, trustedProxies([one])),
    );
    if (!isWithin) throw new RangeError(`not a private network: ${JSON.stringify(text)}, as 10.1.0.0/16`);
  }
  return trustedProxies(written);
}

const familyOf = (address: string): "ipv4" | "ipv6" | undefined =>
  (({ 4: "ipv4", 6: "ipv6" }) as const)[isIP(address) as 4 | 6];

/** Whether this address is a proxy's. */
export function isTrusted(address: string, proxies: TrustedProxies): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  const family = familyOf(plain);
  return family !== undefined && proxies.check(plain, family);
}
