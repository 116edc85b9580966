/** Whether the places for copies can be reached: asked now and then, so that who watches the service asks no place all the time. */
import type { Config } from "../../config/config.ts";
import { errorJson } from "../../terminal/show-error.ts";
import { NEVER, withTimeLimit } from "../../units/time-limit.ts";
import type { AskProgram } from "./asked.ts";

/** What was found of a place. */
interface Reached {
  readonly place: string;
  /** Absent: it answered. */
  readonly failure?: { readonly message: string; readonly hint?: string | undefined };
}

/** How long an answer counts, and how long none does. ms */
const FRESH_MS = 300_000;
const FAILED_MS = 30_000;

/** How long whoever asks waits for a place, ms. */
const PATIENCE_MS = 4_000;

/** Looks at every place of a project. */
export function createPlaceLook({ stores }: Config, asking: AskProgram): () => Promise<Reached[]> {
  const looks = Object.keys(stores)
    .filter((place) => stores[place]?.enabled === true)
    .map((place) => lookAt(place, asking));
  return () => Promise.all(looks.map((look) => look()));
}

function lookAt(place: string, asking: AskProgram): () => Promise<Reached> {
  let known: Reached | undefined;
  let until = 0;
  let looking: Promise<Reached> | undefined;
  const look = async (): Promise<Reached> => {
    const found = await reached(place, asking);
    until = performance.now() + (found.failure === undefined ? FRESH_MS : FAILED_MS);
    looking = undefined;
    known = found;
    return found;
  };
  return async () => {
    if (known !== undefined && performance.now() < until) return known;
    looking ??= look();
    const asked = looking;
    const message = `it has not answered within ${PATIENCE_MS / 1_000} s`;
    const late = known ?? { place, failure: { message } };
    return withTimeLimit(() => asked, NEVER, { limitMs: PATIENCE_MS }).catch(() => late);
  };
}

async function reached(place: string, asking: AskProgram): Promise<Reached> {
  try {
    await asking(["snapshots", "list", `--place=${place}`]);
    return { place };
  } catch (error) {
    return { place, failure: errorJson(error).error };
  }
}
