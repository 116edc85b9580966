import { expect, test } from "bun:test";
import { memberAt, settingsReader, shownLimits, unlessOff } from "../../src/contract/contextcore.ts";

const document = {
  limits: { period: "2h", off: "0s", zero: 0, size: "256KB", rate: 4, odd: "often", empty: "", none: null },
  enabled: true,
  schemas: [{ from: "2024-01-01" }],
};
const settings = settingsReader((...paths) =>
  paths.map((path) => memberAt(document, path)).find((value) => value !== undefined),
);

test("settings are read as what they are wanted as", () => {
  expect(settings.text("limits.rate")).toBe("4");
  expect(settings.number("limits.rate")).toBe(4);
  expect(settings.flag("enabled")).toBe(true);
  expect(settings.duration("limits.period")).toBe(7_200_000_000_000n);
  expect(settings.bytes("limits.size")).toBe(262_144);
  expect(settings.list("schemas")).toEqual([{ from: "2024-01-01" }]);
  expect(settings.number("limits.missing", "limits.rate")).toBe(4);
});

test("what is absent, or in an unknown form, is absent", () => {
  expect(settings.duration("limits.odd")).toBeUndefined();
  expect(settings.number("limits.odd")).toBeUndefined();
  expect(settings.number("limits.empty")).toBeUndefined();
  expect(settings.flag("limits.rate")).toBeUndefined();
  expect(settings.text("limits.none")).toBeUndefined();
  expect(settings.text("limits")).toBeUndefined();
  expect(settings.list("limits")).toEqual([]);
  expect(memberAt(document, "limits.toString")).toBeUndefined();
  expect(memberAt(document, "enabled.toString")).toBeUndefined();
});

test("a limit that zero turns off is none", () => {
  expect(settings.duration("limits.off")).toBe(0n);
  expect(settings.limit("limits.off")).toBeUndefined();
  expect(settings.limit("limits.zero")).toBeUndefined();
  expect(settings.limit("limits.period")).toBe(7_200_000_000_000n);
});

test("of the limits those are listed that the server shows, with their effect unless they are off", () => {
  const effects = {
    "limits.period": unlessOff("hides"),
    "limits.off": unlessOff("hides"),
    "limits.rate": undefined,
    "limits.empty": undefined,
    "limits.missing": unlessOff("hides"),
  };
  expect(shownLimits(effects, (setting) => memberAt(document, setting))).toEqual([
    { setting: "limits.period", value: "2h", effect: "hides" },
    { setting: "limits.off", value: "0s" },
    { setting: "limits.rate", value: "4" },
  ]);
});
