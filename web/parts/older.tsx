import type { Pages } from "../api/pages.ts";
import { asked, askFor } from "../routing/address.ts";
import { ProblemNotice } from "./problem.tsx";

/** The button that goes further back in a long list. */
export const ShowOlder = ({ of, label }: { readonly of: Pages<unknown>; readonly label: string }) => (
  <>
    {of.problem !== undefined && <ProblemNotice problem={of.problem} again={of.more} />}
    {of.isMore && (
      <button type="button" disabled={of.isLoading} onClick={of.more}>
        {of.isLoading ? "Reading…" : label}
      </button>
    )}
  </>
);

/** Whether the address asks for what is new to appear by itself. */
export const isFollowing = (): boolean => asked("follow") === "1";

/** The switch for that. */
export const Follow = () => (
  <button
    type="button"
    aria-pressed={isFollowing()}
    onClick={() => askFor({ follow: isFollowing() ? "" : "1" })}
  >
    {isFollowing() ? "Stop following" : "Follow"}
  </button>
);
