/** The metrics of a project, for whoever asks: the service's `/metrics`, and `contextcore metrics`. */
import type { Config } from "../../config/config.ts";
import { BUILT_INS } from "../../registry.ts";
import { readHeldHere } from "../../tasks/snapshots/held.ts";
import { VERSION } from "../../version.ts";
import type { Family } from "./exposition.ts";
import { familiesOf } from "./families.ts";
import { createFigures, type FigureSources, type Figures } from "./figures.ts";
import { createProver, proveTrail } from "./proved.ts";
import type { ServiceFigures } from "./running.ts";
import { stockIn } from "./stock.ts";

/** What is measured now, and what of it could not be read. */
export interface Measured {
  readonly families: readonly Family[];
  readonly unreadable: Figures["unreadable"];
}

/**
 * Measures a project again and again; what has not changed is not read again, and nobody waits until a long trail is verified.
 * @returns a function that takes what the service counts itself
 */
export function measuring(
  config: Config,
  reading: Pick<FigureSources, "readSchedules" | "readStock">,
): (service?: ServiceFigures) => Promise<Measured> {
  const read = createFigures(config, { builtIns: BUILT_INS, prove: createProver(config), ...reading });
  return async (service) => measured(await read(service));
}

/** Measures a project once, and verifies its trail however long that takes. */
export async function measureOnce(
  config: Config,
  readSchedules: FigureSources["readSchedules"],
): Promise<Measured> {
  const prove = () => proveTrail(config);
  const readStock = async () => stockIn(await readHeldHere(config), config);
  return measured(await createFigures(config, { builtIns: BUILT_INS, prove, readSchedules, readStock })());
}

const measured = (figures: Figures): Measured => ({
  families: familiesOf(figures, VERSION),
  unreadable: figures.unreadable,
});
