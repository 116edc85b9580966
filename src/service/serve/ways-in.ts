/** The ways in for runs of models, beside the API's own route: the log that they end in, and what leads there. */
import { openDoor } from "../../activity/door.ts";
import type { ActivityLog } from "../../activity/log.ts";
import { createSpanReceiver } from "../../activity/otlp/receive.ts";
import type { Config } from "../../config/config.ts";
import type { Upstream } from "../../config/upstreams.ts";
import { activityPath } from "../../tasks/activity-database.ts";
import type { Log } from "../../terminal/log.ts";
import { parseDuration } from "../../units/duration.ts";
import { given } from "../../units/given.ts";
import { toMs } from "../../units/range.ts";
import type { Door } from "../listen/door.ts";
import type { ActivityFigures } from "../metrics/activity.ts";
import { tracesDoor } from "../otlp/traces.ts";
import { createRelayCounts } from "../relay/counts.ts";
import { createRelay } from "../relay/relay.ts";
import { type LogThread, openLogThread } from "../relay/thread-log.ts";
import type { SignIn } from "../sign-in/sign-in.ts";

/** See {@link openWaysIn}. */
interface WaysIn {
  readonly activity: ActivityLog;
  readonly doors: readonly Door[];
  figures(): ActivityFigures;
  /** Takes no more in, and lets open requests end within the time that is set for that. */
  stop(): Promise<void>;
}

interface WaysInOptions {
  readonly config: Config;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly signIn: SignIn;
  readonly log: Log;
}

/** Opens the log, and what leads to it. The log is closed by the caller, once nothing is answered any more. */
export function openWaysIn({ config, upstreams, signIn, log }: WaysInOptions): WaysIn {
  const { content, grace } = config.activity;
  const onSetAside = (aside: string) =>
    log("error", `the log of runs was damaged; it is now ${aside}, and a new one was made`);
  const place = { path: activityPath(config), content, onSetAside };
  const counts = createRelayCounts(upstreams.keys());
  const thread = openLogThread({ ...place, onLost: counts.lost });
  // Who sends runs may ask that less of them is kept, and never more: that is for whoever writes the configuration.
  const door = openDoor({ ...place, contentMost: content });
  const activity = withThread(door, thread);
  const relay = createRelay({ upstreams, log: thread, counts, signIn, openMax: openMax(config) });
  const spans = createSpanReceiver(door);
  return {
    activity,
    doors: [relay.door, tracesDoor({ signIn, activity, spans })],
    figures: () => ({
      upstreams: counts.all(),
      spans: spans.counts,
      writing: activity.state(),
    }),
    stop: () => relay.stop(toMs(parseDuration(grace))),
  };
}

/** What passes the relay is noted by the thread, and the rest here, into the same database: to others they are one log. */
const withThread = (door: ActivityLog, thread: LogThread): ActivityLog => ({
  begin: door.begin,
  state() {
    const [own, other] = [door.state(), thread.state()];
    return {
      written: own.written + other.written,
      waiting: own.waiting + other.waiting,
      lost: own.lost + other.lost,
      ...given({ failure: own.failure ?? other.failure }),
    };
  },
  async close(limitMs = LIMIT_MS) {
    await Promise.all([door.close(limitMs), thread.close(limitMs)]);
  },
});

const LIMIT_MS = 2_000;

/** So many requests Bun sends at once; further ones would wait, and nobody would know. */
const BUN_MAX = 256;

/** Some are left for other work of the service. */
const openMax = ({ env }: Config): number =>
  Math.max(1, (Number(env.BUN_CONFIG_MAX_HTTP_REQUESTS) || BUN_MAX) - 16);
