import { expect, test } from "bun:test";
import { unitText } from "../../src/units/unit-text.ts";

test("a unit of several words is read as words, any other as it is", () => {
  expect(unitText("spansInRange")).toBe("spans in range");
  for (const unit of ["entries", "data-sources"]) expect(unitText(unit)).toBe(unit);
});
