/** The export against the lab's Mimir, Cortex and Prometheus: what real servers do on a bad day. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Labels } from "../../../plugins/mimir/line/labels.ts";
import { crc32c } from "../../../plugins/mimir/wire/crc32c.ts";
import { PluginError } from "../../../src/plugin/errors.ts";
import type { Point } from "../../lab/mimir/series.ts";
import {
  contentOf,
  exportedContent,
  float,
  HOUR_MS,
  harvest,
  labels,
  NOW_MS,
  never,
  range,
  serveLab,
} from "./support.ts";

setDefaultTimeout(60_000);

const START = NOW_MS - 3 * HOUR_MS;
const REQUEST = { range: range(START, NOW_MS) };

/** Series of several metrics, one sample every 15 s for three hours. */
function manySeries(metrics: number, each: number): { labels: Labels; points: Point[] }[] {
  return Array.from({ length: metrics * each }, (_, at) => ({
    labels: labels(`metric_${at % metrics}`, { instance: String(at) }),
    points: Array.from({ length: 720 }, (_, index) =>
      float(START + index * 15_000 + (at % 5), (index * at) / 8),
    ),
  }));
}

const failure = async (work: Promise<unknown>): Promise<PluginError> => {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof PluginError) return error;
  throw new Error(`not a PluginError: ${String(error)}`);
};

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

test("a continuation finds its place when the series it stopped at is gone", async () => {
  const series = manySeries(2, 6);
  await using lab = serveLab();
  await using without = serveLab();
  lab.face.put(series);
  without.face.put(series.filter(({ labels: [, [, instance] = ["", ""]] }) => instance !== "0"));
  const request = { range: range(START, START + HOUR_MS) };
  const backend = lab.open({ stepBytes: 1 });
  const [cursor = {}] = (await backend.export.start(request, never)).cursors;
  const first = await backend.export.step(cursor, never);
  expect(Buffer.from(first.records?.[0]?.text ?? "").toString()).toContain('"instance":"0"');
  const waiting = [...(first.next ?? [])];
  let lines = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const step = await without.open().export.step(next, never);
    for (const records of step.records ?? []) lines += records.lines;
    waiting.push(...(step.next ?? []));
  }
  expect(lines).toBe(11);
});

test("a metric of very many series is read in parts, each series once", async () => {
  await using lab = serveLab();
  const wide = Array.from({ length: 1_000 }, (_, at) => ({
    labels: labels("wide", {
      pod: `pod-${at % 250}`,
      ...(at % 250 === 7 ? {} : { zone: String(at % 3) }),
      at: String(at),
    }),
    points: [float(NOW_MS - 1000, at)],
  }));
  lab.face.put([
    ...wide,
    ...wide
      .slice(0, 5)
      .map((one) => ({ ...one, labels: labels("wide", { bare: String(one.points[0]?.bits) }) })),
  ]);
  const found = await harvest(lab.open({ stepBytes: 5_000 }), { range: range(NOW_MS - HOUR_MS, NOW_MS) });
  expect(found.counts.samples).toBe(1_005);
  expect(new Set(found.lines.get("metrics.json")).size).toBe(1_005);
  expect(lab.asked.filter((path) => path.endsWith("/read")).length).toBeLessThan(80);
  expect(lab.asked).toContain("/prometheus/api/v1/label/at/values");
});

test("windows are hours, each with its samples' first and last time", async () => {
  await using lab = serveLab();
  lab.face.put([
    { labels: labels("a"), points: [float(START + 5, 1), float(START + HOUR_MS, 2), float(NOW_MS - 1, 3)] },
  ]);
  const { blocks } = await harvest(lab.open(), { range: range(START - 100 * 24 * HOUR_MS, NOW_MS) });
  expect(
    blocks.map(({ from, to }) => [Number(from / 1_000_000n) - START, Number(to / 1_000_000n) - START]),
  ).toEqual([
    [5, 6],
    [HOUR_MS, HOUR_MS + 1],
    [3 * HOUR_MS - 1, 3 * HOUR_MS],
  ]);
});

test("years of nothing cost few calls", async () => {
  await using lab = serveLab();
  lab.face.put([{ labels: labels("a"), points: [float(START, 1)] }]);
  await harvest(lab.open(), { range: range(NOW_MS - 10 * 365 * 24 * HOUR_MS, NOW_MS) });
  expect(lab.asked.filter((path) => path.endsWith("/read")).length).toBeLessThan(200);
});

test("what may still be on its way is left to the next export", async () => {
  await using lab = serveLab();
  lab.face.put([{ labels: labels("a"), points: [float(NOW_MS - 31_000, 1), float(NOW_MS - 29_000, 2)] }]);
  const found = await harvest(lab.open({ options: { settle: "30s" } }), REQUEST);
  expect(found.counts.samples).toBe(1);
  expect(found.exportedUntil).toBe(BigInt(NOW_MS - 30_000) * 1_000_000n);
});

test("a server that hides old data is known by its limits", async () => {
  await using lab = serveLab({ limits: { maxQueryLookback: HOUR_MS } });
  lab.face.put(manySeries(1, 1));
  const found = await harvest(lab.open(), REQUEST);
  const clamped = found.problems.find(({ kind }) => kind === "clamped");
  expect(clamped?.reason).toContain("limits.max_query_lookback is 3600s");
  expect(clamped?.range).toEqual(range(START, NOW_MS - HOUR_MS));
  const { warnings } = await lab.open().inventory(never);
  expect(warnings?.[0]).toContain("limits.max_query_lookback");
});

describe("a server that fails", () => {
  test("an error that it appends to a stream that began well", async () => {
    await using lab = serveLab({ limits: { streamErrorAfter: 3 } });
    lab.face.put(manySeries(2, 3));
    const error = await failure(harvest(lab.open(), REQUEST));
    expect(error.kind).toBe("temporary");
    expect(error.message).toBe(
      `${lab.url}: the streamed answer ended with an error: the query hit an internal error: context canceled`,
    );
  });

  const readAnswers: Readonly<Record<string, [() => Response, PluginError["kind"], string]>> = {
    "a login page": [
      () => new Response("<!doctype html><p>Sign in", { headers: { "content-type": "text/html" } }),
      "invalid",
      "a web page",
    ],
    "half a frame": [
      () => streamed(Uint8Array.of(200, 1, 1, 2, 3, 4, 5)),
      "temporary",
      "ended in the middle of a frame",
    ],
    "a frame whose checksum is wrong": [
      () => streamed(Uint8Array.of(2, 0, 0, 0, 0, 8, 1)),
      "temporary",
      "checksum is wrong",
    ],
    "a frame that is no message": [() => streamed(framed(Uint8Array.of(10, 99, 1))), "temporary", "damaged"],
    "samples that do not unpack": [
      () => new Response("nonsense", { headers: { "content-type": "application/x-protobuf" } }),
      "temporary",
      "snappy",
    ],
    "too many requests": [
      () => new Response("slow down", { status: 429, headers: { "retry-after": "7" } }),
      "temporary",
      "429: slow down",
    ],
    "another kind of content": [
      () => new Response("{}", { headers: { "content-type": "application/json" } }),
      "invalid",
      "application/json",
    ],
  };

  test.each(Object.keys(readAnswers))("%s", async (name) => {
    const [answer, kind, words] = readAnswers[name] ?? [];
    let probed = false;
    await using lab = serveLab({}, (request) => {
      if (!request.url.endsWith("/read")) return undefined;
      if (probed) return answer?.();
      probed = true;
      return undefined;
    });
    lab.face.put(manySeries(1, 1));
    const error = await failure(harvest(lab.open(), REQUEST));
    expect(error.kind).toBe(kind ?? "refused");
    expect(error.message).toContain(words ?? "?");
    if (name === "too many requests") expect(error.retryAfterMs).toBe(7_000);
  });
});

const streamed = (bytes: Uint8Array): Response =>
  new Response(bytes, {
    headers: { "content-type": "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse" },
  });

function framed(payload: Uint8Array): Uint8Array {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32c(payload));
  return Buffer.concat([Uint8Array.of(payload.length), checksum, payload]);
}

test("a chunk in an encoding of the future is kept raw, said to be lossy, and owned by one window", async () => {
  const chunk = {
    encoding: 42,
    minTime: START + 5,
    maxTime: START + 2 * HOUR_MS,
    data: Uint8Array.of(9, 9, 9),
  };
  await using lab = serveLab();
  lab.face.store().add({
    labels: labels("future"),
    first: chunk.minTime,
    last: chunk.maxTime,
    points: () => [],
    count: () => 0,
    chunks: () => [chunk],
  });
  const found = await harvest(lab.open(), REQUEST);
  const [line = "", ...more] = found.lines.get("metrics.json") ?? [];
  expect(more).toEqual([]);
  expect(JSON.parse(line).raw).toEqual([
    { encoding: 42, minTime: chunk.minTime, maxTime: chunk.maxTime, data: "CQkJ" },
  ]);
  expect(found.problems.map(({ kind, items }) => [kind, items])).toEqual([
    ["lossy", ['{"__name__":"future"}']],
  ]);
});

test("labels that are no UTF-8 keep their bytes", async () => {
  await using lab = serveLab({}, (request) => {
    if (!request.url.endsWith("/read")) return undefined;
    const label = Uint8Array.of(10, 8, ...Buffer.from("__name__"), 18, 2, 0xff, 0x61);
    const data = Uint8Array.of(0, 1, ...varint(START * 2), 0, 0, 0, 0, 0, 0, 0, 1);
    const chunk = Uint8Array.of(8, ...varint(START), 16, ...varint(START), 24, 1, 34, data.length, ...data);
    const series = Uint8Array.of(10, label.length, ...label, 18, chunk.length, ...chunk);
    return streamed(framed(Uint8Array.of(10, series.length, ...series)));
  });
  const found = await harvest(lab.open(), { range: range(START, START + HOUR_MS) });
  const [line = ""] = found.lines.get("metrics.json") ?? [];
  const { metric, labelBytes, values } = JSON.parse(line);
  expect(metric).toEqual({ __name__: "\ufffda" });
  expect(Buffer.from(labelBytes, "base64").subarray(-2)).toEqual(Buffer.from([0xff, 0x61]));
  expect(values).toEqual([5e-324]);
});

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

test("rules, the Alertmanager's configuration, descriptions and exemplars lie beside the samples", async () => {
  await using lab = serveLab();
  const store = lab.face.store();
  store.rules.set("team/a", new Map([["g: 1", "name: 'g: 1'\nrules:\n  - record: x\n    expr: sum(y)\n"]]));
  store.alertmanager = "alertmanager_config: |\n  route: {receiver: x}\n";
  store.metadata.set("constructor", { type: "gauge", help: "a metric's name like any other", unit: "" });
  const own = labels("a", { prototype: "x" });
  lab.face.put([{ labels: own, points: [float(START, 1)] }]);
  store.exemplars.set(JSON.stringify(own), {
    labels: own,
    list: [{ labels: { id: "7" }, value: Number.NaN, time: START + 1 }],
  });
  const found = await harvest(lab.open(), REQUEST);
  const [path = ""] = [...found.objects.keys()];
  expect(path).toBe("mimir/rules/team_a/g_ 1.yaml");
  expect(found.objects.get(path)).toStartWith('# namespace: "team/a"\nname: "g: 1"\n');
  expect(found.objects.get("mimir/alertmanager.yaml")).toBe(store.alertmanager);
  expect(found.lines.get("mimir/metadata.json")).toEqual([
    '{"metric":"constructor","type":"gauge","help":"a metric\'s name like any other","unit":""}',
  ]);
  expect(found.lines.get("mimir/exemplars.json")).toEqual([
    `{"metric":{"__name__":"a","prototype":"x"},"exemplars":[{"labels":{"id":"7"},"value":"NaN","timestamp":${START + 1}}]}`,
  ]);

  await using other = serveLab();
  const restorer = other.open().restore;
  const apply = (file: string, lines: readonly string[]) =>
    restorer?.apply({ file, lines, range: REQUEST.range, labels: {} }, never);
  for (const [file, lines] of found.lines) expect((await apply(file, lines))?.rejected ?? []).toEqual([]);
  for (const [file, text] of found.objects) expect((await apply(file, [text]))?.rejected ?? []).toEqual([]);
  const again = await harvest(other.open(), REQUEST);
  expect([again.lines, again.objects]).toEqual([found.lines, found.objects]);
  other.face.store().rules.get("team/a")?.set("g: 1", "name: 'g: 1'\nrules: []\n");
  const [refused] = (await apply(path, [found.objects.get(path) ?? ""]))?.rejected ?? [];
  expect(refused?.reason).toContain("the server has another one");
});

test("a Prometheus keeps its rules in its own files, which is said", async () => {
  await using lab = serveLab({ flavour: "prometheus" }, (request) =>
    request.url.endsWith("/api/v1/rules")
      ? Response.json({ status: "success", data: { groups: [{ name: "g", file: "/etc/r.yml", rules: [] }] } })
      : undefined,
  );
  lab.face.put([{ labels: labels("a"), points: [float(START, 1)] }]);
  const found = await harvest(lab.open(), REQUEST);
  expect([...found.objects.keys()]).toEqual(["mimir/rules.json"]);
  expect(found.problems.map(({ kind, items }) => [kind, items])).toEqual([["lossy", ["g"]]]);
});

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
