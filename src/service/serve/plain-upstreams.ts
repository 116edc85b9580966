/** Servers of models that prompts and keys are sent to without encryption, over networks that anybody may listen in on. */
import { isIP } from "node:net";
import { isLoopback } from "../../agreement/loopback.ts";
import type { Config } from "../../config/config.ts";
import { upstreamsOf } from "../../config/upstreams.ts";
import { isPrivate } from "../listen/proxies.ts";

/** In words. */
export const plainUpstreams = (config: Config): string[] =>
  [...upstreamsOf(config).values()].flatMap(({ name, url }) =>
    url.startsWith("http:") && isPublic(url)
      ? [`activity.upstreams.${name} sends keys and prompts unencrypted to ${url}`]
      : [],
  );

/** Names without a dot, and those of such domains, lead nowhere outside. */
const INSIDE = /^[^.]+$|\.(local|localhost|internal|lan|home\.arpa|svc|cluster\.local)$/;

function isPublic(url: string): boolean {
  if (isLoopback(url)) return false;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? !INSIDE.test(host) : !isPrivate(host);
}
