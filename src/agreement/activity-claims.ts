/** The claims of `activity`: where prompts are kept and sent, and who may send them without encryption. */
import type { Config } from "../config/config.ts";
import { readListen } from "../config/service.ts";
import { isObject } from "../units/json.ts";
import type { Claim } from "./claim.ts";
import { isLoopback } from "./loopback.ts";
import { addressClaims, pathClaims } from "./places.ts";
import { expanded, literalText } from "./shown.ts";

/** What the project's file says; a flag and a variable are the user's own. */
export function activityClaims(config: Config): Claim[] {
  const { fromFile, env } = config;
  const [path, upstreams, networks, listen] = ["path", "upstreams", "networks", "listen"].map((key) =>
    fromFile?.(["activity", key]),
  );
  const log = { key: "activity.path", text: typeof path === "string" ? path : "", isFile: true };
  const outside = log.text === "" ? [] : pathClaims(log, config, config.directory);
  const addresses = Object.entries(isObject(upstreams) ? upstreams : {}).flatMap(([name, one]) => {
    const url = isObject(one) ? one.url : undefined;
    const key = `activity.upstreams.${name}.url`;
    return typeof url === "string" ? addressClaims({ key, text: url, isFile: true }, config) : [];
  });
  const address = typeof listen === "string" ? expanded(listen, env) : "";
  const host = readListen(address)?.host;
  const isOpen = host !== undefined && !isLoopback(host);
  const open: Claim[] = isOpen ? [{ kind: "listen", key: "activity.listen", value: address }] : [];
  const plain = (Array.isArray(networks) ? networks : []).map(
    (one): Claim => ({ kind: "listen", key: "activity.networks", value: literalText(String(one), false) }),
  );
  return [...outside, ...addresses, ...open, ...plain];
}
