import { useRef, useState } from "preact/hooks";
import type { Coverage } from "../../api/shapes.ts";
import { Empty } from "../../parts/empty.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel } from "../../parts/panel.tsx";
import { now } from "../../parts/time.tsx";
import { timeText } from "../../parts/time-text.ts";
import { asked, askFor, href } from "../../routing/address.ts";
import { Gaps } from "./gaps.tsx";
import { type Piece, piecesOf, readSpan, type Span, stateAt, ticksOf, wholeSpan, zoomed } from "./span.ts";

/** Each backend's time line: what is saved, and which gaps there are; hovered, dragged to zoom, clicked for the snapshots. */
export function Timelines({ coverage }: { readonly coverage: readonly Coverage[] }) {
  const whole = wholeSpan(coverage, now.value);
  if (whole === undefined)
    return (
      <Panel title="What is saved" wide>
        <Empty title="Nothing that has a time line is saved yet.">
          An export saves it: press <b>Save now</b>.
        </Empty>
      </Panel>
    );
  const span = readSpan(asked("from"), asked("to")) ?? whole;
  return (
    <Panel title="What is saved" aside={<Zoom span={span} whole={whole} />} wide>
      <Lanes coverage={coverage} span={span} />
      <Gaps coverage={coverage} />
      <p class="legend faint">
        <span>
          <i class="swatch saved" /> saved
        </span>
        <span>
          <i class="swatch gap" /> a gap: a click leads to an export of it
        </span>
        <span>
          <i class="swatch" /> not saved
        </span>
      </p>
    </Panel>
  );
}

/** Keeps it in the address. */
const show = (span: Span | undefined): void =>
  askFor({
    from: span === undefined ? "" : new Date(Math.round(span.from)).toISOString(),
    to: span === undefined ? "" : new Date(Math.round(span.to)).toISOString(),
  });

const DAY_MS = 86_400_000;

function Zoom({ span, whole }: { readonly span: Span; readonly whole: Span }) {
  const last = (days: number): Span => ({ from: whole.to - days * DAY_MS, to: whole.to });
  const length = span.to - span.from;
  const moved = (share: number): Span => ({ from: span.from + share * length, to: span.to + share * length });
  return (
    <div class="zoom" role="toolbar" aria-label="Zoom">
      <button type="button" class="quiet" onClick={() => show(undefined)}>
        All
      </button>
      <button type="button" class="quiet" onClick={() => show(last(7))}>
        7 days
      </button>
      <button type="button" class="quiet" onClick={() => show(last(1))}>
        24 hours
      </button>
      <button type="button" class="quiet" aria-label="Earlier" onClick={() => show(moved(-0.5))}>
        ←
      </button>
      <button type="button" class="quiet" aria-label="Later" onClick={() => show(moved(0.5))}>
        →
      </button>
      <button type="button" class="quiet" aria-label="Zoom in" onClick={() => show(zoomed(span, 0.5))}>
        +
      </button>
      <button type="button" class="quiet" aria-label="Zoom out" onClick={() => show(zoomed(span, 2))}>
        −
      </button>
    </div>
  );
}

interface LanesProps {
  readonly coverage: readonly Coverage[];
  readonly span: Span;
}

/** Where the pointer is, as a share of the width; and where it began to drag. */
interface Pointer {
  readonly at: number;
  readonly pressed?: number;
  readonly backend?: string | undefined;
}

/** A hand that trembles drags nothing. */
const DRAGGED = 0.01;

function Lanes({ coverage, span }: LanesProps) {
  const area = useRef<HTMLDivElement>(null);
  const [pointer, setPointer] = useState<Pointer>();
  const wasDragged = useRef(false);
  const shareOf = ({ clientX }: PointerEvent): number => {
    const { left = 0, width = 1 } = area.current?.getBoundingClientRect() ?? {};
    return Math.min(1, Math.max(0, (clientX - left) / width));
  };
  const timeAt = (share: number): number => span.from + share * (span.to - span.from);
  const release = (event: PointerEvent): void => {
    const { pressed } = pointer ?? {};
    const at = shareOf(event);
    wasDragged.current = pressed !== undefined && Math.abs(at - pressed) > DRAGGED;
    if (pressed !== undefined && wasDragged.current)
      show({ from: timeAt(Math.min(at, pressed)), to: timeAt(Math.max(at, pressed)) });
    setPointer({ at });
  };
  return (
    <div class="lanes">
      <div class="lane-names">
        {coverage.map(({ backend }) => (
          <a key={backend} href={href("/snapshots", {}, { backend })}>
            <Name text={backend} />
          </a>
        ))}
      </div>
      {/* The buttons, the names and the list of gaps do the same without a pointer. */}
      <div
        aria-hidden="true"
        class="lane-area"
        ref={area}
        onPointerMove={(event) =>
          setPointer((before) => ({ ...before, at: shareOf(event), backend: backendUnder(event) }))
        }
        onPointerDown={(event) => {
          if (event.button === 0) setPointer({ at: shareOf(event), pressed: shareOf(event) });
        }}
        onPointerUp={release}
        onPointerLeave={() => setPointer(undefined)}
        onDragStart={(event) => event.preventDefault()}
        onClickCapture={(event) => {
          if (wasDragged.current) event.preventDefault();
          wasDragged.current = false;
        }}
      >
        {coverage.map((one) => (
          <Lane key={one.backend} of={one} span={span} />
        ))}
        <div class="axis">
          {ticksOf(span).map(({ share, text }) => (
            <span key={share} style={{ left: `${share * 100}%` }}>
              {text}
            </span>
          ))}
        </div>
        {pointer !== undefined && <Reading pointer={pointer} coverage={coverage} timeAt={timeAt} />}
      </div>
    </div>
  );
}

const backendUnder = ({ target }: PointerEvent): string | undefined =>
  target instanceof Element
    ? (target.closest("[data-backend]")?.getAttribute("data-backend") ?? undefined)
    : undefined;

const Lane = ({ of, span }: { readonly of: Coverage; readonly span: Span }) => (
  <div class="lane" data-backend={of.backend}>
    {piecesOf(of, span).map((piece) => (
      <PieceLink key={`${piece.state}${piece.left}`} backend={of.backend} piece={piece} />
    ))}
  </div>
);

function PieceLink({ backend, piece }: { readonly backend: string; readonly piece: Piece }) {
  const { state, left, width, range, count } = piece;
  const query = { from: range.from, to: range.to };
  const target =
    state === "saved"
      ? href("/snapshots", {}, { backend, ...query })
      : href("/tasks/new/:kind", { kind: "export" }, { plugin: backend, ...query });
  const what = state === "saved" ? "saved" : count === 1 ? "a gap" : `${count} gaps`;
  const times = `${timeText(Date.parse(range.from))} – ${timeText(Date.parse(range.to))}`;
  return (
    <a
      class={`piece ${state}`}
      href={target}
      tabIndex={-1}
      style={{ left: `${left * 100}%`, width: `${width * 100}%` }}
    >
      <span class="unseen">
        <Name text={backend} />, {what}: {times}
      </span>
    </a>
  );
}

interface ReadingProps {
  readonly pointer: Pointer;
  readonly coverage: readonly Coverage[];
  readonly timeAt: (share: number) => number;
}

/** What is under the pointer, in words. */
function Reading({ pointer: { at, pressed, backend }, coverage, timeAt }: ReadingProps) {
  const line = coverage.find((one) => one.backend === backend);
  const isSelecting = pressed !== undefined && Math.abs(at - pressed) > DRAGGED;
  return (
    <>
      <div class="cross" style={{ left: `${at * 100}%` }} />
      {isSelecting && (
        <div
          class="selection"
          style={{ left: `${Math.min(at, pressed) * 100}%`, width: `${Math.abs(at - pressed) * 100}%` }}
        />
      )}
      <div class={at > 0.6 ? "reading left" : "reading"} style={{ left: `${at * 100}%` }}>
        {isSelecting && `${timeText(timeAt(Math.min(at, pressed)))} – `}
        {timeText(timeAt(isSelecting ? Math.max(at, pressed) : at))}
        {line !== undefined && !isSelecting && (
          <>
            <br />
            <Name text={line.backend} />: {stateAt(line, timeAt(at))}
          </>
        )}
      </div>
    </>
  );
}
