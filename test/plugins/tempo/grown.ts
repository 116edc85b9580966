/** A lab Tempo in which a trace gets an earlier span while it is exported, at a moment that the test chooses. */
import * as v from "valibot";
import { spansOf } from "../../lab/tempo/model.ts";
import { storedTrace } from "../../lab/tempo/store.ts";
import { startFront } from "../../support/front.ts";
import { HOUR, MINUTE, SECOND, span, stage, traceOf } from "./support.ts";

/** Windows begin with the hour. */
const FROM = ((BigInt(Date.now()) * 1_000_000n) / HOUR - 5n) * HOUR;
const text = (at: bigint): string => new Date(Number(at / 1_000_000n)).toISOString();

/** Three windows. */
export const RANGE = { from: text(FROM), to: text(FROM + 3n * HOUR) };
export const TRACE = "0123456789abcdef0123456789abcdef";

/** When the trace, which is in the second window, gets a span in the first one. */
export type Gate =
  | "the later window was saved first"
  | "the earlier window was listed first"
  | "held until released"
  | "nothing is there";

const at = { early: FROM + 50n * MINUTE, late: FROM + 70n * MINUTE, later: FROM + 71n * MINUTE };
type Name = keyof typeof at;
const trace = (...names: readonly Name[]) => {
  const spans = names.map((name) => span(TRACE, Buffer.from(name).toString("hex"), at[name], { name }));
  return storedTrace(TRACE, traceOf("shop", spans));
};

/** The names of the spans of a line. */
export function spanNames(line: string): string[] {
  const { resourceSpans } = v.parse(LINE, JSON.parse(line));
  return resourceSpans.flatMap((one) => one.scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)));
}
const SPANS = v.array(v.object({ name: v.string() }));
const LINE = v.object({
  resourceSpans: v.array(v.object({ scopeSpans: v.array(v.object({ spans: SPANS })) })),
});

/** Which window a search lists, from 0; `undefined`: it lists none. */
function windowOf({ pathname, searchParams }: URL): bigint | undefined {
  const [start, end] = ["start", "end"].map((name) => BigInt(searchParams.get(name) ?? 0) * SECOND);
  if (!pathname.endsWith("/api/search") || start === undefined || end !== start + HOUR) return undefined;
  return start < FROM ? undefined : (start - FROM) / HOUR;
}

/** Serves it until the scope ends. */
export function grownTempo(gate: Gate) {
  const here = stage({ now: () => BigInt(Date.now()) * 1_000_000n });
  if (gate !== "nothing is there") here.face.add([trace("late", "later")]);
  const grow = (): void => here.face.add([trace("early", "late", "later")]);
  const [read, released, listed] = [0, 0, 0].map(() => Promise.withResolvers<void>());

  const front = startFront(here.url, async (request, pass) => {
    const url = new URL(request.url);
    const window = windowOf(url);
    if (gate === "the earlier window was listed first" && window === 1n) await listed?.promise;
    if (gate === "held until released" && window === 0n) await released?.promise;
    if (gate === "the later window was saved first" && window === 0n) {
      await read?.promise;
      grow();
    }
    const answer = await pass();
    if (url.pathname.includes("/traces/")) read?.resolve();
    if (gate === "the earlier window was listed first" && window === 0n && url.pathname === "/api/search") {
      grow();
      listed?.resolve();
    }
    return answer;
  });
  return {
    url: front.url,
    otlpUrl: here.otlpUrl,
    /** Resolves once the trace was read by its id. */
    read: read?.promise,
    /** Lets the trace grow, and the first window be listed. */
    release(): void {
      grow();
      released?.resolve();
    },
    /** The names of all spans that it holds. */
    spans: (): string[] =>
      here.face
        .all()
        .flatMap((one) => [...spansOf(one.trace())].map((each) => each.span.name))
        .sort(),
    async [Symbol.asyncDispose]() {
      await front.stop();
      await here[Symbol.asyncDispose]();
    },
  };
}
