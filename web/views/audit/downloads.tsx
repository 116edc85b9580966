import { withQuery } from "../../api/ask.ts";
import { standing } from "../../api/session.ts";
import { eventsAsked } from "./filters.tsx";

/** As many as the service gives at once. */
const MOST = 50_000;

/** The trail as files, with the filters that such an export knows. Each is an event itself. */
export function Downloads() {
  const present = standing.value;
  if (present.state !== "signed-in") return null;
  if (present.session.role !== "admin")
    return <span class="faint">Only an admin exports the trail, since that is recorded.</span>;
  const { operation, user, target_type, from, to, ...others } = eventsAsked();
  const query = { action: operation, user_id: user, target_type, from, to, limit: MOST };
  const isNarrower = Object.values(others).some((value) => value !== "");
  return (
    <>
      <a class="button" href={withQuery("/api/export/audit/csv", query)} download>
        Download CSV
      </a>
      <a class="button" href={withQuery("/api/export/audit/json", query)} download>
        Download JSON
      </a>
      <span class="faint">At most the newest {MOST.toLocaleString("en")} events.</span>
      {isNarrower && (
        <span class="faint">
          A download heeds operation, user, kind of what was affected and time, and no other filter.
        </span>
      )}
    </>
  );
}
