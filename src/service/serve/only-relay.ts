/** A service that only takes runs in: no task, no trail and no schedule is in the way of what programs ask of models. */
import { loadConfig } from "../../config/load.ts";
import { upstreamsOf } from "../../config/upstreams.ts";
import type { Caller } from "../../tasks/stack/stack.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { onlyRelayRoutes } from "../api/only-relay.ts";
import { openDatabase } from "../database.ts";
import { startListening } from "../listen/listener.ts";
import { activityFamilies } from "../metrics/activity.ts";
import { createSignIn } from "../sign-in/sign-in.ts";
import { listTokens } from "../sign-in/tokens.ts";
import { aborted } from "./aborted.ts";
import { requireProduction } from "./production.ts";
import { relaySurroundingsOf } from "./surroundings.ts";
import { openWaysIn } from "./ways-in.ts";

/** What it is started with. */
interface Start {
  readonly caller: Caller;
  readonly terminal: Terminal;
  /** In the place of the configured address. */
  readonly listen?: string | undefined;
}

/** How long what is left may take when the service stops, ms. */
const LEFT_MS = 5_000;

/** Serves until the caller's signal is aborted. @throws RefusedError when what it finds is not safe; what opening its parts throws */
export async function serveRelay({ caller, terminal, listen: address }: Start): Promise<void> {
  const config = await loadConfig(caller);
  const upstreams = upstreamsOf(config);
  await caller.requireAgreement(config);
  const surroundings = relaySurroundingsOf(config, address);
  await requireProduction(config, caller.builtIns, surroundings.tls?.cert);
  await using parts = new AsyncDisposableStack();
  const database = openDatabase(config.directory);
  parts.defer(() => database.close(true));
  // Another process that writes there must not hold up what passes.
  database.run("PRAGMA busy_timeout = 0");
  const { log } = terminal;
  const signIn = parts.use(createSignIn(database, () => {}));
  const { activity, doors, figures, stop } = openWaysIn({ config, upstreams, signIn, log });
  parts.defer(() => activity.close(LEFT_MS));
  const measure = async () => ({ families: activityFamilies(figures()), unreadable: [] });
  const listener = startListening({
    ...{ ...surroundings, log, doors, signIn: signIn.of, isForPrograms: true },
    routes: onlyRelayRoutes({ activity, database, log, startedAt: Date.now(), measure }),
    onRefused: ({ actor, client, method, path, status, reason }) =>
      log("warn", `refused: ${reason}`, { method, path, status, client, user: actor.user }),
  });
  parts.defer(() => listener.stop(LEFT_MS));
  parts.defer(stop);
  terminal.note(`contextcore relays for ${config.name} at ${listener.url}`);
  if (!listTokens(database).some(({ role }) => role === "ingest"))
    terminal.note("nobody may use it yet: contextcore serve token add NAME --role ingest");
  await aborted(caller.signal);
  await parts.disposeAsync();
  terminal.last("the relay has ended");
}
