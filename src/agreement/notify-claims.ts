/** The claims of `notify` and `ping`: where messages go, and what goes with them. */
import type { Config } from "../config/config.ts";
import { isObject } from "../units/json.ts";
import type { Claim } from "./claim.ts";
import { addressClaims, receiverOf, secretClaims, textsIn } from "./places.ts";

/** What the project's file says; a flag and a variable are the user's own. */
export function notifyClaims(config: Config): Claim[] {
  const all = config.fromFile?.(["notify"]);
  const ping = config.fromFile?.(["ping"]);
  const receivers: readonly unknown[] = Array.isArray(all) ? all : [];
  return [
    ...receivers.flatMap((one, index) => (isObject(one) ? sentTo(one.url, one, `notify.${index}`) : [])),
    ...sentTo(ping, ping, "ping"),
  ];

  function sentTo(url: unknown, whole: unknown, key: string): Claim[] {
    if (typeof url !== "string") return [];
    const address = { key: whole === url ? key : `${key}.url`, text: url, isFile: true, secret: true };
    const to = receiverOf(address, config);
    const secrets = textsIn(whole, key).flatMap((one) => secretClaims({ ...one, isFile: true }, config, to));
    return [...addressClaims(address, config), ...secrets];
  }
}
