/**
 * Data on servers that is past its time: only where the configuration says so, only of backends that can let go of it, and only once
 * complete, verified copies hold it.
 */

import { classTimes } from "../retention/classes.ts";
import { readHolds } from "../retention/holds/file.ts";
import { canonicalJson } from "../units/canonical-json.ts";
import { messageOf } from "../units/message-of.ts";
import { toRfc3339 } from "../units/range.ts";
import { countsText } from "../units/unit-text.ts";
import { type ExpirableNow, expirableNow, heldThere } from "./expirable-now.ts";
import { type Due, type DueItem, type Expirer, type LetGo, nothingDue, type Staying } from "./expirer.ts";
import { copiesNow } from "./keep-local.ts";
import { openExports } from "./open-exports.ts";
import type { Running } from "./task/task.ts";

/** By `retention.servers`. */
export const expireServers: Expirer = {
  name: "servers",
  async look(context, _, now): Promise<Due> {
    if (!context.config.retention.servers) return nothingDue();
    const able = context.backends.filter(({ backend }) => backend.expire !== undefined);
    if (able.length === 0) return nothingDue();
    const about = {
      now,
      copies: await copiesNow(context),
      exports: await openExports(context),
      holds: readHolds(context.config),
      times: classTimes(context.config),
    };
    const found: ExpirableNow[] = [];
    const stays: Staying[] = [];
    for (const open of able) {
      try {
        const one = await expirableNow(open, context, about);
        found.push(...one.due);
        stays.push(...one.stays);
      } catch (error) {
        context.signal.throwIfAborted();
        stays.push({ name: open.name, reason: messageOf(error), isOwed: true });
      }
    }
    return {
      items: found.map(itemOf),
      stays,
      letGo: (running, did) => letGoOf(found, running, did),
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
};

const itemOf = ({ open, request, found }: ExpirableNow): DueItem => ({
  kind: "backend",
  name: nameOf({ open, request }),
  identity: `${open.url ?? open.name} ${open.tenant ?? ""} ${hashOf(request)}`,
  what: countsText(found.counts),
});

/** A selector may name a person: it is not told. */
const hashOf = ({ before, match, except = [] }: ExpirableNow["request"]): string =>
  new Bun.CryptoHasher("sha256")
    .update(canonicalJson({ before: `${before}`, match: match ?? null, except: [...except] }))
    .digest("hex");

const nameOf = ({ open, request }: Pick<ExpirableNow, "open" | "request">): string =>
  `${open.name} before ${toRfc3339(request.before)}`;

async function letGoOf(
  all: readonly ExpirableNow[],
  running: Running,
  did: (name: string) => void,
): Promise<LetGo> {
  const gone: string[] = [];
  const stays: Staying[] = [];
  for (const one of all) {
    running.signal.throwIfAborted();
    const left = await letGo(one, running).catch((error) => failed(one, error, running));
    stays.push(...left);
    if (left.length > 0) continue;
    gone.push(nameOf(one));
    did(nameOf(one));
  }
  return { gone, stays };
}

/** What has come since the plan was made is in no snapshot yet, so it is counted again. @returns what is owed */
async function letGo(one: ExpirableNow, { signal, config }: Running): Promise<Staying[]> {
  const { open, request, found, held, end } = one;
  const { backend } = open;
  const name = nameOf(one);
  if (!Bun.deepEquals(heldThere(readHolds(config), open.name, end), held))
    return [{ name, reason: "what is held of it has changed since the plan was made", isOwed: true }];
  const now = await backend.findExpired?.(request, signal);
  if (!Bun.deepEquals(now?.counts, found.counts))
    return [{ name, reason: "it holds something else than when the plan was made", isOwed: true }];
  const answer = await backend.expire?.(request, signal);
  if (answer === undefined || answer.state === "expired") return [];
  const until = answer.due === undefined ? {} : { until: toRfc3339(answer.due) };
  return [{ name, reason: answer.reason ?? answer.state, isOwed: true, ...until }];
}

function failed(one: ExpirableNow, error: unknown, { signal }: Running): Staying[] {
  signal.throwIfAborted();
  return [{ name: nameOf(one), reason: messageOf(error), isOwed: true }];
}
