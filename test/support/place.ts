import { localStorage } from "../../src/storage/local.ts";

/** What a snapshot of this path is known by; nothing need be there. */
export const placeOf = (path: string) => ({ files: localStorage(path), path });
