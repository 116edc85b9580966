/** A unit of counts as people read it: `spansInRange` is "spans in range". JSON and manifests keep the unit itself. */
export const unitText = (unit: string): string =>
  unit.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
