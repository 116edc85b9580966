/** The export against the lab's Mimir, Cortex and Prometheus: the same samples, whatever way they come. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  contentOf,
  exportedContent,
  failure,
  float,
  HOUR_MS,
  harvest,
  labels,
  manySeries,
  NOW_MS,
  never,
  REQUEST,
  range,
  serveLab,
} from "./support.ts";

setDefaultTimeout(60_000);

describe("the same samples, whatever way they come", () => {
  const series = manySeries(4, 5);
  const expected = contentOf(series);

  test.each([
    ["mimir", {}, "remote read, streamed chunks"],
    ["prometheus", {}, "remote read, streamed chunks"],
    ["prometheus", { frameBytes: 300 }, "remote read, streamed chunks"],
    ["cortex", {}, "remote read, samples"],
    ["mimir", { remoteRead: "none" }, "instant queries of range vectors"],
    ["mimir", { remoteRead: "none", closedRanges: true }, "instant queries of range vectors"],
  ] as const)("%s %j", async (flavour, limits, read) => {
    await using lab = serveLab({ flavour, limits });
    lab.face.put(series);
    const backend = lab.open();
    const found = await harvest(backend, REQUEST);
    expect(exportedContent(found)).toEqual(expected);
    expect(found.counts.samples).toBe(series.length * 720);
    expect(await backend.count?.(REQUEST, never)).toEqual({ samples: series.length * 720 });
    const { cursors } = await backend.export.start(REQUEST, never);
    const [cursor] = cursors;
    const step = cursor === undefined ? undefined : await backend.export.step(cursor, never);
    expect(step?.notes).toEqual({ read });
  });

  test.each([
    ["streamed", 20_000],
    ["sampled", 20_000],
    ["streamed", 1],
  ] as const)("in steps of few bytes (%s, %d)", async (remoteRead, stepBytes) => {
    await using lab = serveLab({ limits: { remoteRead } });
    lab.face.put(series);
    const found = await harvest(lab.open({ stepBytes }), REQUEST);
    expect(exportedContent(found)).toEqual(expected);
    for (const { bytes, lines } of found.blocks.filter(({ file }) => file === "metrics.json")) {
      expect(bytes < stepBytes + 10_000 || lines.length === 1).toBe(true);
    }
  });

  test("when the server gives few series at a time, metrics are split, then time", async () => {
    await using lab = serveLab({ limits: { maxFetchedSeries: 7 } });
    lab.face.put(series);
    expect(exportedContent(await harvest(lab.open(), REQUEST))).toEqual(expected);
  });

  test("a metric that is too much even for a minute fails, and says what the server said", async () => {
    await using lab = serveLab({ limits: { maxFetchedSeries: 3 } });
    lab.face.put(series);
    const error = await failure(harvest(lab.open(), REQUEST));
    expect(error.message).toContain("exceeded the maximum number of series (limit: 3 series)");
  });

  test("external labels are part of the records, and are told", async () => {
    await using lab = serveLab({
      flavour: "prometheus",
      limits: { externalLabels: { cluster: "x", zone: "y" } },
    });
    lab.face.put(series);
    const backend = lab.open({ stepBytes: 30_000 });
    const found = await harvest(backend, REQUEST);
    const labelled = series.map(({ labels: own, points }) => ({
      labels: [
        ["__name__", own[0]?.[1] ?? ""],
        ["cluster", "x"],
        ["instance", own[1]?.[1] ?? ""],
        ["zone", "y"],
      ] as const,
      points,
    }));
    expect(exportedContent(found)).toEqual(contentOf(labelled));
    const { notes } = await backend.export.start(REQUEST, never);
    expect(notes?.externalLabels).toContain('{"cluster":"x","zone":"y"}');
  });

  test("more series than one read takes are read in groups, and the last read takes what no list named", async () => {
    await using lab = serveLab({ limits: { maxLabelValues: 1 } });
    const wide = Array.from({ length: 6_000 }, (_, at) => ({
      labels: labels(`wide_${at % 3}`, { at: String(at) }),
      points: [float(NOW_MS - 1000, at)],
    }));
    // Neither the list of names nor the count of what is there at the window's end tells of these.
    const ended = ["x", "y"].map((at) => ({
      labels: labels("zz_ended", { at }),
      points: [float(NOW_MS - 50 * 60_000, 1)],
    }));
    lab.face.put([...wide, ...ended]);
    const found = await harvest(lab.open(), { range: range(NOW_MS - HOUR_MS, NOW_MS) });
    expect(exportedContent(found)).toEqual(contentOf([...wide, ...ended]));
  });

  test("a metric that the list of names lacks is counted all the same", async () => {
    await using lab = serveLab({ limits: { maxLabelValues: 1 } });
    lab.face.put(series);
    expect(await lab.open().count?.(REQUEST, never)).toEqual({ samples: series.length * 720 });
  });

  describe("more names than fit into a cursor, and one that no list has", () => {
    const hour = { range: range(NOW_MS - HOUR_MS, NOW_MS) };
    const listed = Array.from({ length: 1_400 }, (_, at) => `listed_${"x".repeat(25)}_${at}`);
    const many = Array.from({ length: 5_600 }, (_, at) => ({
      labels: labels(listed[at % listed.length] ?? "", { at: String(at) }),
      points: [float(NOW_MS - 1000, at)],
    }));
    const ended = { labels: labels("zz_ended"), points: [float(NOW_MS - 50 * 60_000, 1)] };
    const withoutEnded = (request: Request) =>
      request.url.includes("/label/__name__/values")
        ? Response.json({ status: "success", data: listed })
        : undefined;

    test("it is read and counted", async () => {
      await using lab = serveLab({}, withoutEnded);
      lab.face.put([...many, ended]);
      const backend = lab.open();
      const found = await harvest(backend, hour);
      expect(exportedContent(found)).toEqual(contentOf([...many, ended]));
      expect(found.problems).toEqual([]);
      expect(await backend.count?.(hour, never)).toEqual({ samples: many.length + 1 });
    });

    test("a server that will not look for it leaves a gap, which is said", async () => {
      await using lab = serveLab({}, async (request) => {
        const refuses =
          request.method === "POST" && (await request.clone().text()).includes("last_over_time");
        const error = "the query exceeded the maximum number of series (limit: 3 series)";
        if (refuses)
          return Response.json({ status: "error", errorType: "execution", error }, { status: 422 });
        return withoutEnded(request);
      });
      lab.face.put([...many, ended]);
      const backend = lab.open();
      const { problems } = await harvest(backend, hour);
      expect(problems.map(({ kind, range: where }) => [kind, where])).toEqual([["incomplete", hour.range]]);
      expect(problems[0]?.reason).toContain("The server lists 1400 metrics and would not look for others");
      await failure(Promise.resolve(backend.count?.(hour, never)));
    });
  });

  test("a group of metrics that proves too large for a step goes on in it, metric by metric", async () => {
    await using lab = serveLab();
    const live = Array.from({ length: 5_001 }, (_, at) => ({
      labels: labels("live", { at: String(at) }),
      points: [float(NOW_MS - 1000, at)],
    }));
    // They end before they are counted, so that all of them are put into one group.
    const ended = Array.from({ length: 60 }, (_, at) => ({
      labels: labels(`ended_${at % 6}`, { at: String(at) }),
      points: [float(NOW_MS - 50 * 60_000, at)],
    }));
    lab.face.put([...live, ...ended]);
    const found = await harvest(lab.open({ stepBytes: 1_500 }), { range: range(NOW_MS - HOUR_MS, NOW_MS) });
    expect(exportedContent(found)).toEqual(contentOf([...live, ...ended]));
  });

  test("a selector chooses series, its own matchers included", async () => {
    await using lab = serveLab();
    lab.face.put(series);
    const request = { ...REQUEST, match: '{__name__=~"metric_[12]",instance!="1"}' };
    const chosen = series.filter(
      ({ labels: [, [, instance] = ["", ""]] }) =>
        instance !== "1" && ["1", "2"].includes(String(Number(instance) % 4)),
    );
    const backend = lab.open();
    expect(exportedContent(await harvest(backend, request))).toEqual(contentOf(chosen));
    expect(await backend.count?.(request, never)).toEqual({ samples: chosen.length * 720 });
  });
});
