/** Who is signed in. The session itself is a cookie that no script can read. */
import { signal } from "@preact/signals";
import { forgetAnswers } from "./answer.ts";
import { ask, remove, send, whenSignedOut } from "./ask.ts";
import { problemOf } from "./problem.ts";
import type { Session } from "./shapes.ts";

/** `asking`: it is not known yet. `nobody`: and why, where that needs saying. */
type Standing =
  | { readonly state: "asking" }
  | { readonly state: "nobody"; readonly why?: string }
  | { readonly state: "signed-in"; readonly session: Session };

/** That somebody has signed in from this browser: without it nobody is asked for, so nothing is refused. */
const MARK = "contextcore.signed-in";

/** How it stands. */
export const standing = signal<Standing>({ state: "asking" });

const becomes = (next: Standing): void => {
  if (next.state === "signed-in") localStorage.setItem(MARK, "yes");
  else localStorage.removeItem(MARK);
  forgetAnswers();
  standing.value = next;
};

whenSignedOut(() => {
  if (standing.peek().state === "nobody") return;
  becomes({ state: "nobody", why: "Your session has ended. Sign in to go on where you were." });
});

/** Looks whether a session goes on. */
export async function resume(): Promise<void> {
  if (localStorage.getItem(MARK) === null) return becomes({ state: "nobody" });
  try {
    becomes({ state: "signed-in", session: await ask("/api/v1/session") });
  } catch (error) {
    // Whoever is not known any more was told already.
    if (standing.peek().state !== "asking") return;
    standing.value = { state: "nobody", why: `${problemOf(error).message}.` };
  }
}

/** Begins a session. @throws Problem */
export async function signIn(token: string): Promise<void> {
  const session = await send("/api/v1/session", { token });
  becomes({ state: "signed-in", session });
}

/** Ends it, here and in the service. @throws Problem */
export async function signOut(): Promise<void> {
  await remove("/api/v1/session");
  becomes({ state: "nobody" });
}
