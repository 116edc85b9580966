import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { timeText } from "./time-text.ts";

/** A curve, or bars. */
interface Series {
  readonly title: string;
  /** One for each time; null: nothing is known. */
  readonly values: readonly (number | null)[];
  /** A colour of `base.css`: `--covered`. */
  readonly color: `--${string}`;
  readonly isBars?: boolean;
}

interface ChartProps {
  /** What it shows, in a sentence, for those who do not see it. */
  readonly label: string;
  /** ms since 1970, in order. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** How a value is written. */
  readonly format: (value: number) => string;
  /** rem */
  readonly height?: number;
}

/** Curves over time: hovered for values, dragged to zoom, a double click to see all of it again. */
export function Chart({ label, times, series, format, height = 14 }: ChartProps) {
  const box = useRef<HTMLElement>(null);
  const look = useLook();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let plot: uPlot | undefined;
    let isGone = false;
    const size = (): { width: number; height: number } => {
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      return { width: element.clientWidth, height: Math.round(height * rem) };
    };
    const observer = new ResizeObserver(() => plot?.setSize(size()));
    void import("uplot").then(({ default: Plot }) => {
      if (isGone) return;
      const data = [times.map((ms) => ms / 1_000), ...series.map(({ values }) => [...values])];
      plot = new Plot({ ...size(), ...optionsOf(Plot, series, format) }, data as uPlot.AlignedData, element);
      observer.observe(element);
    });
    return () => {
      isGone = true;
      observer.disconnect();
      plot?.destroy();
    };
  }, [times, series, format, height, look]);
  return (
    <figure class="chart" ref={box} role="img" aria-label={label} style={{ minHeight: `${height}rem` }} />
  );
}

/** Counts up when the theme changes: a canvas has its colours for ever. */
function useLook(): number {
  const [look, setLook] = useState(0);
  useEffect(() => {
    const change = (): void => setLook((before) => before + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", change);
    const observer = new MutationObserver(change);
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      system.removeEventListener("change", change);
      observer.disconnect();
    };
  }, []);
  return look;
}

function optionsOf(
  Plot: typeof uPlot,
  series: readonly Series[],
  format: (value: number) => string,
): Omit<uPlot.Options, "width" | "height"> {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const rem = Number.parseFloat(style.fontSize);
  const font = `${0.86 * rem}px ${getComputedStyle(document.body).fontFamily}`;
  const axis = {
    stroke: color("--faint"),
    font,
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    cursor: { drag: { x: true, y: false }, points: { size: 0.5 * rem } },
    legend: { live: true },
    axes: [
      {
        ...axis,
        ...{ space: 6 * rem, size: 2.2 * rem },
        values: (_, seconds, __, ___, step) => seconds.map((at) => markText(at * 1_000, step)),
      },
      { ...axis, size: 5.2 * rem, values: (_, values) => values.map(format) },
    ],
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high ?? 0) * 1.08 || 1] } },
    series: [
      { label: "Time", value: (_, seconds) => (seconds == null ? "–" : timeText(seconds * 1_000)) },
      ...series.map(({ title, color: name, isBars }) => ({
        label: title,
        stroke: color(name),
        width: 2,
        ...(isBars ? { fill: color(name), paths: barsOf(Plot) } : {}),
        points: { show: false },
        value: (_: uPlot, value: number | null) => (value == null ? "–" : format(value)),
      })),
    ],
  };
}

const DAY_SECONDS = 86_400;
const days = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const minutes = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** @param step between two marks, seconds */
const markText = (ms: number, step: number): string => (step < DAY_SECONDS ? minutes : days).format(ms);

const barsOf = ({ paths }: typeof uPlot): uPlot.Series.PathBuilder => {
  const bars = paths.bars?.({ size: [0.7, 24], align: 0 });
  if (bars === undefined) throw new Error("the library for curves draws no bars");
  return bars;
};
