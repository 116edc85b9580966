/** Where the server is found, and what it says of itself. */
import { describe, expect, test } from "bun:test";
import {
  failure,
  float,
  HOUR_MS,
  harvest,
  labels,
  NOW_MS,
  never,
  REQUEST,
  START,
  serveLab,
} from "./support.ts";

describe("where it is found", () => {
  test("tenants are kept apart", async () => {
    await using lab = serveLab({ multitenant: true });
    lab.face.put([{ labels: labels("a"), points: [float(START, 1)] }], "one");
    expect((await harvest(lab.open({ options: { tenant: "one" } }), REQUEST)).counts.samples).toBe(1);
    expect((await harvest(lab.open({ options: { tenant: "two" } }), REQUEST)).counts.samples).toBeUndefined();
    expect((await failure(harvest(lab.open(), REQUEST))).kind).toBe("refused");
  });

  test("a prefix that is configured is not guessed", async () => {
    await using lab = serveLab({ flavour: "prometheus" });
    expect((await lab.open({ options: { prefix: "" } }).inventory(never)).serverVersion).toBe(
      "Prometheus 3.5.3",
    );
    const error = await failure(lab.open({ options: { prefix: "/prometheus" } }).inventory(never));
    expect(error.message).toContain("does not answer as Prometheus, Mimir or Cortex do");
  });

  test("oldest, newest and retention", async () => {
    await using lab = serveLab({ limits: { retention: 48 * HOUR_MS } });
    lab.face.put([
      { labels: labels("a"), points: [float(NOW_MS - 30 * HOUR_MS, 1), float(NOW_MS - 60_000, 2)] },
    ]);
    const { oldest = 0n, newest, retention, counts } = await lab.open().inventory(never);
    expect(newest).toBe(BigInt(NOW_MS - 60_000) * 1_000_000n);
    const early = NOW_MS - 30 * HOUR_MS - Number(oldest / 1_000_000n);
    expect(early >= 0 && early <= HOUR_MS).toBe(true);
    expect(retention).toBe(BigInt(48 * HOUR_MS) * 1_000_000n);
    expect(counts).toEqual({ series: 1 });
  });

  test("the newest is found where several metrics have the same labels, which one timestamp() refuses", async () => {
    await using lab = serveLab();
    for (const [name, age] of [
      ["a", 90_000],
      ["b", 30_500],
    ] as const)
      lab.face.put([{ labels: labels(name, { job: "same" }), points: [float(NOW_MS - age, 1)] }]);
    const { newest, warnings } = await lab.open().inventory(never);
    expect(newest).toBe(BigInt(NOW_MS - 30_000) * 1_000_000n);
    expect(warnings).toEqual([]);
    expect((await lab.open().size(never)).bytes).toBeGreaterThan(0);
  });

  test.each(["mimir", "cortex"] as const)(
    "a sample from 1971 is found, and weighs no more than itself: %s",
    async (flavour) => {
      await using lab = serveLab({ flavour });
      const old = 40_000_000_000;
      lab.face.put([{ labels: labels("old"), points: [float(old, 1)] }]);
      lab.face.put([{ labels: labels("new"), points: [float(NOW_MS - 60_000, 2)] }]);
      const backend = lab.open();
      const { oldest = 0n } = await backend.inventory(never);
      const early = old - Number(oldest / 1_000_000n);
      expect(early >= 0 && early <= HOUR_MS).toBe(true);
      const { bytes, how } = await backend.size(never);
      expect(bytes).toBeLessThan(20_000);
      expect(how).toMatch(/ over [1-9] h/);
      const all = { from: oldest, to: BigInt(NOW_MS) * 1_000_000n };
      expect((await harvest(backend, { range: all })).counts.samples).toBe(2);
    },
  );

  test("what lies without a gap weighs as much as ever", async () => {
    await using lab = serveLab();
    const hourly = Array.from({ length: 300 }, (_, hour) => float(NOW_MS - hour * HOUR_MS - 1_000, 1));
    lab.face.put([{ labels: labels("a"), points: hourly.toReversed() }]);
    expect((await lab.open().size(never)).how).toMatch(/ over (299|300) h/);
  });

  test("a directory on this disk is measured; one that is not there is said so", async () => {
    await using lab = serveLab();
    expect(await lab.open({ options: { data: import.meta.dir } }).size(never)).toMatchObject({
      source: "disk",
    });
    const { source, how } = await lab.open({ options: { data: "/no/such/place" } }).size(never);
    expect(source).toBe("estimate");
    expect(how).toContain("/no/such/place is not there");
  });
});

describe("of the limits, all are recorded, and only those that do something now are told:", () => {
  const told = async (options: Parameters<typeof serveLab>[0]) => {
    await using lab = serveLab(options);
    const limits = (await lab.open().limits?.(never)) ?? [];
    expect(limits.length).toBeGreaterThan(4);
    for (const { effect } of limits) if (effect !== undefined) expect(effect).toMatch(/\. .+\.$/);
    return limits
      .filter(({ effect }) => effect !== undefined)
      .map(({ setting, value }) => `${setting}=${value}`);
  };

  test("a Mimir as it comes", async () => {
    expect(await told({})).toEqual([
      "limits.out_of_order_time_window=0s",
      "limits.max_global_series_per_user=150000",
    ]);
  });

  test("one that hides, drops and refuses", async () => {
    const limits = {
      maxQueryLookback: HOUR_MS,
      maxExemplars: 0,
      outOfOrderTimeWindow: HOUR_MS,
      pastGracePeriod: HOUR_MS,
      nativeHistograms: false,
      // Read in parts, and asked once more: nothing is lost.
      maxFetchedSeries: 10,
      maxLabelValues: 10,
    };
    expect(await told({ limits })).toEqual([
      "limits.max_query_lookback=3600s",
      "limits.max_global_exemplars_per_user=0",
      "limits.out_of_order_time_window=3600s",
      "limits.past_grace_period=3600s",
      "limits.native_histograms_ingestion_enabled=false",
      "limits.max_global_series_per_user=150000",
    ]);
  });

  test("a Prometheus, and one that takes no remote writes", async () => {
    expect(await told({ flavour: "prometheus" })).toEqual([]);
    expect(await told({ flavour: "prometheus", limits: { remoteWriteReceiver: false } })).toEqual([
      "--web.enable-remote-write-receiver=false",
    ]);
  });
});
