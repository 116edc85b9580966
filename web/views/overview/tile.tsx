import type { ComponentChildren } from "preact";

/** An answer in large letters. */
export const Tile = ({
  title,
  children,
  below,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly below?: ComponentChildren;
}) => (
  <section class="tile panel" aria-label={title}>
    <h2>{title}</h2>
    <p class="tile-value">{children}</p>
    {below !== undefined && <p class="faint">{below}</p>}
  </section>
);
