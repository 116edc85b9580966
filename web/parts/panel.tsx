import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** A part of a view, with a heading. */
export function Panel({
  title,
  aside,
  children,
  wide = false,
}: {
  readonly title: string;
  /** On the heading's line. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
  /** It takes the whole width. */
  readonly wide?: boolean;
}) {
  const id = useId();
  return (
    <section class={wide ? "panel wide" : "panel"} aria-labelledby={id}>
      <div class="panel-head">
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div class="panel-aside">{aside}</div>}
      </div>
      {children}
    </section>
  );
}

/** The head of a view: its title, and what can be done there. */
export const ViewHead = ({
  title,
  children,
}: {
  readonly title: ComponentChildren;
  readonly children?: ComponentChildren;
}) => (
  <div class="view-head">
    <h1>{title}</h1>
    {children !== undefined && <div class="view-actions">{children}</div>}
  </div>
);
