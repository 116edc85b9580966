import { useEffect, useRef, useState } from "preact/hooks";
import { type Problem, problemOf } from "../api/problem.ts";
import { signIn, standing } from "../api/session.ts";
import { ProblemNotice } from "../parts/problem.tsx";
import { Mark } from "./header.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

/** Asks for a token; the address stays, so that whoever has signed in sees what they came for. */
export function SignIn() {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  // The attribute `autofocus` complains where a fast reader has clicked already.
  useEffect(() => input.current?.focus(), []);
  const present = standing.value;
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    await signIn(token.trim()).catch((error: unknown) => setProblem(problemOf(error)));
    setBusy(false);
  };
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <h1>
          <Mark /> contextcore
        </h1>
        {present.state === "nobody" && present.why !== undefined && <p role="status">{present.why}</p>}
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          required
          ref={input}
          aria-describedby="token-help"
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
        {problem !== undefined && <ProblemNotice problem={problem} />}
        <button type="submit" class="primary" disabled={isBusy}>
          Sign in
        </button>
        <p id="token-help" class="faint">
          An admin makes one with <code>contextcore serve token add NAME --role viewer</code>. The first
          admin’s is in <code>.contextcore/admin-token</code>.
        </p>
        <ThemeSwitch />
      </form>
    </main>
  );
}
