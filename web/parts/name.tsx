import { visible } from "../../src/units/visible.ts";

/**
 * A text that somebody else has chosen: what would hide in it or turn it around is written out, and it does not change the direction
 * of what stands beside it.
 */
export const Name = ({ text }: { readonly text: string }) => <bdi class="name">{visible(text)}</bdi>;
