/** A thread that notes what passes the relay. It is an entry point of its own, which scripts/build.ts names, too. */
import { openDoor } from "../../activity/door.ts";
import type { ActivityLog } from "../../activity/log.ts";
import { dialectOf } from "../../activity/stream/exchange.ts";
import { type Exchange, recordExchange } from "./recording.ts";
import type { FromThread, ToThread } from "./thread-words.ts";

declare const self: Worker;

/** How often its state is told, if that has changed. ms */
const TELL_MS = 100;

const exchanges = new Map<number, Exchange>();
let log: ActivityLog | undefined;
let taken = 0;
let told = "";

const tell = (message: FromThread): void => self.postMessage(message);

function tellState(): void {
  if (log === undefined) return;
  const message = { say: "state", state: log.state(), taken } as const;
  const text = JSON.stringify(message);
  if (text !== told) tell(message);
  told = text;
}

function begin({ number, path, origin }: Extract<ToThread, { say: "begin" }>): void {
  const dialect = dialectOf(path);
  if (log === undefined || dialect === undefined) return;
  const onLost = (): void => tell({ say: "lost", upstream: origin.upstream ?? "" });
  exchanges.set(number, recordExchange(log, dialect, { ...origin, onLost }));
}

async function end({ number, ending, ended }: Extract<ToThread, { say: "end" }>): Promise<void> {
  const exchange = exchanges.get(number);
  exchanges.delete(number);
  await exchange?.end(ending, ended);
  tell({ say: "noted", number });
}

async function close(limitMs: number): Promise<void> {
  await log?.close(limitMs);
  tellState();
  tell({ say: "closed" });
}

function heed(data: ToThread): void {
  if (data.say === "open") {
    const { path, content } = data;
    log = openDoor({ path, content, onSetAside: (aside) => tell({ say: "aside", aside }) });
    setInterval(tellState, TELL_MS);
  } else if (data.say === "begin") begin(data);
  else if (data.say === "asked") {
    taken += data.body?.length ?? 0;
    exchanges.get(data.number)?.asked(data.body, data.bytes);
  } else if (data.say === "answered") exchanges.get(data.number)?.answered(data.head);
  else if (data.say === "take") {
    taken += data.bytes.length;
    exchanges.get(data.number)?.take(data.bytes, data.at);
  } else if (data.say === "skip") exchanges.get(data.number)?.skip(data.bytes);
  else if (data.say === "end") void end(data);
  else void close(data.limitMs);
}

self.onmessage = ({ data }: MessageEvent<readonly ToThread[]>): void => {
  for (const one of data) heed(one);
};
