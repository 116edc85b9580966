/** Which addresses stay on this machine. */

/**
 * Whether an address is an http or https URL, or a host with or without a port, of this machine: `localhost`, 127.0.0.0/8 or ::1, in any spelling. `localhost`
 * counts although a hosts file may redefine it: anyone who can change that file can do more. Other names do not count even if
 * they lead here: `a.localhost`, which a name server may answer for, and 0.0.0.0, which means every interface.
 */
export function isLoopback(address: string): boolean {
  const url = HOST.test(address) ? `http://${address}` : address;
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return false;
  // URL has already normalised 127.1, 0x7f.1 and LOCALHOST.
  return hostname === "localhost" || hostname === "[::1]" || isLoopbackIp(hostname);
}

/** `localhost:6379`, `[::1]`: what some servers are named by, without a scheme. */
const HOST = /^(?:\[[\da-f:]+\]|[\w.-]+)(?::\d{1,5})?$/i;

/** An IPv4 address, possibly embedded in IPv6 (RFC 4291 §2.5.5.2). */
const isLoopbackIp = (hostname: string): boolean =>
  /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname) ||
  /^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]$/.test(hostname);
