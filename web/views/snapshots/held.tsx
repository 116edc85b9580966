import type { ListedSnapshot } from "../../api/shapes.ts";
import { Name } from "../../parts/name.tsx";
import { agoText, now } from "../../parts/time.tsx";

/** Where a snapshot lies: in the directory here, and as copies; each copy with when it was last looked at. */
export function Held({ of: { here, places } }: { readonly of: Pick<ListedSnapshot, "here" | "places"> }) {
  return (
    <span class="tags">
      {here && <span class="tag">here</span>}
      {places.map(({ place, sound, verified, depth }) => (
        <span
          key={place}
          class={sound ? "tag good-word" : "tag error-word"}
          title={`${sound ? "sound" : "not sound"}, by its ${depth}, ${agoText(Date.parse(verified), now.value)}`}
        >
          <span aria-hidden="true">{sound ? "✓" : "✕"}</span> <Name text={place} />
          {!sound && " is not sound"}
        </span>
      ))}
    </span>
  );
}
