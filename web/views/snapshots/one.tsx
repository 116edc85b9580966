import { formatBytes } from "../../../src/units/bytes.ts";
import { visible } from "../../../src/units/visible.ts";
import { useAnswer } from "../../api/answer.ts";
import type { ListedSnapshot, Manifest } from "../../api/shapes.ts";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel, ViewHead } from "../../parts/panel.tsx";
import { Notice } from "../../parts/problem.tsx";
import { State } from "../../parts/state.tsx";
import { spanText, Time } from "../../parts/time.tsx";
import { Value } from "../../parts/value.tsx";
import { go, href } from "../../routing/address.ts";
import { Chosen } from "./chosen.tsx";
import { Held } from "./held.tsx";
import { Covers } from "./list.tsx";

type Backend = Manifest["plugins"][number];

/** One snapshot: what it holds and lacks, where it is held, what it continues, and what can be done with it. */
export function SnapshotView({ name }: { readonly name: string }) {
  const answer = useAnswer(`/api/v1/snapshots/${encodeURIComponent(name)}` as `/api/v1/snapshots/${string}`);
  const all = useAnswer("/api/v1/snapshots").value?.snapshots;
  const listed = all?.find((one) => one.name === name);
  return (
    <Loading of={answer} what="Reading the snapshot">
      {({ snapshot, manifest }) => (
        <>
          <ViewHead title={<Name text={snapshot.name} />}>
            <State word={manifest.status} />
          </ViewHead>
          <Chosen snapshots={[{ name: snapshot.name, here: listed?.here ?? true }]} place={placeIn(name)} />
          <div class="panels">
            <Facts manifest={manifest} path={snapshot.path} listed={listed} />
            <Chain manifest={manifest} name={snapshot.name} all={all ?? []} />
            {manifest.plugins.map((one) => (
              <BackendPanel key={one.name} backend={one} />
            ))}
          </div>
        </>
      )}
    </Loading>
  );
}

/** `usb:20260124-143000` is a copy in a place. */
const placeIn = (name: string): string | undefined => (name.includes(":") ? name.split(":")[0] : undefined);

interface FactsProps {
  readonly manifest: Manifest;
  readonly path: string;
  readonly listed: ListedSnapshot | undefined;
}

function Facts({ manifest, path, listed }: FactsProps) {
  const { created, finished, range, bytes, user, host, tool, resumed } = manifest;
  return (
    <Panel title="The snapshot">
      <dl class="facts">
        <dt>Made</dt>
        <dd>
          <Time at={created} form="both" />
        </dd>
        <dt>Took</dt>
        <dd>
          {spanText((Date.parse(finished) - Date.parse(created)) / 1_000)}
          {resumed > 0 && `, after ${resumed === 1 ? "an interruption" : `${resumed} interruptions`}`}
        </dd>
        <dt>By</dt>
        <dd>
          <Name text={user} /> on <Name text={host} />, with <Name text={tool} />
        </dd>
        <dt>Covers</dt>
        <dd>
          <Covers range={range} />
        </dd>
        <dt>Size</dt>
        <dd>{formatBytes(bytes)}</dd>
        <dt>Held</dt>
        <dd>{listed === undefined ? <Name text={path} /> : <Held of={listed} />}</dd>
        {listed?.here !== false && (
          <>
            <dt>Lies in</dt>
            <dd>
              <Name text={path} />
            </dd>
          </>
        )}
      </dl>
    </Panel>
  );
}

interface ChainProps {
  readonly manifest: Manifest;
  readonly name: string;
  readonly all: readonly ListedSnapshot[];
}

/** What it continues and what continues it; and a way to compare it with another one. */
function Chain({ manifest, name, all }: ChainProps) {
  const parents = [...new Set(manifest.plugins.flatMap(({ parent }) => parent?.snapshot ?? []))];
  const children = all.filter((one) => one.backends.some(({ continues }) => continues === name));
  return (
    <Panel title="Its neighbours">
      <dl class="facts">
        <dt>It continues</dt>
        <dd>{parents.length === 0 ? "no other: it is whole by itself" : <Links names={parents} />}</dd>
        <dt>Continued by</dt>
        <dd>{children.length === 0 ? "none" : <Links names={children.map((one) => one.name)} />}</dd>
        <dt>
          <label for="compare">Compare with</label>
        </dt>
        <dd>
          <select
            id="compare"
            value=""
            onChange={({ currentTarget: { value } }) =>
              value !== "" && go(href("/snapshots/:name/diff/:with", { name: value, with: name }))
            }
          >
            <option value="">choose another one</option>
            {all
              .filter((one) => one.name !== name)
              .toReversed()
              .slice(0, 500)
              .map((one) => (
                <option key={one.name} value={one.name}>
                  {visible(one.name)}
                </option>
              ))}
          </select>
        </dd>
      </dl>
    </Panel>
  );
}

const Links = ({ names }: { readonly names: readonly string[] }) => (
  <ul class="plain">
    {names.map((name) => (
      <li key={name}>
        <a href={href("/snapshots/:name", { name })}>
          <Name text={name} />
        </a>
      </li>
    ))}
  </ul>
);

/** What was read of one backend, whether its server agrees, and what is missing. */
function BackendPanel({ backend }: { readonly backend: Backend }) {
  const { name, status, counts, match, agrees, problems, serverVersion, url, tenant, exportedUntil } =
    backend;
  return (
    <Panel title={visible(name)} aside={<State word={status} />}>
      <dl class="facts">
        <dt>Holds</dt>
        <dd>{Object.keys(counts).length === 0 ? "nothing" : <Value value={counts} />}</dd>
        <dt>The server’s own count</dt>
        <dd>
          {agrees === undefined
            ? "was not given, or not for all of it"
            : agrees
              ? "is the same"
              : "is another one: what is missing is named below"}
        </dd>
        {match !== undefined && (
          <>
            <dt>Only</dt>
            <dd>
              <Name text={match} />
            </dd>
          </>
        )}
        {exportedUntil !== undefined && (
          <>
            <dt>Read until</dt>
            <dd>
              <Time at={exportedUntil} />
            </dd>
          </>
        )}
        {url !== undefined && (
          <>
            <dt>From</dt>
            <dd>
              <Name text={url} />
              {tenant ? (
                <>
                  , tenant <Name text={tenant} />
                </>
              ) : null}
              {serverVersion !== undefined && (
                <>
                  , version <Name text={serverVersion} />
                </>
              )}
            </dd>
          </>
        )}
      </dl>
      {problems.map((problem) => (
        <ProblemOf key={`${problem.kind} ${problem.reason}`} problem={problem} />
      ))}
    </Panel>
  );
}

const ITEMS_SHOWN = 20;
const RANGES_SHOWN = 5;

/** What is missing or not as it was, and how much of it. */
function ProblemOf({ problem }: { readonly problem: Backend["problems"][number] }) {
  const { kind, reason, ranges, items, itemsTotal } = problem;
  const shown = items.slice(0, ITEMS_SHOWN);
  return (
    <Notice severity={kind === "normalised" ? "info" : "warning"}>
      <Name text={reason} />
      <ul class="plain faint">
        {ranges.slice(0, RANGES_SHOWN).map((range) => (
          <li key={range.from}>
            <Covers range={range} />
          </li>
        ))}
        {ranges.length > RANGES_SHOWN && (
          <li>and {(ranges.length - RANGES_SHOWN).toLocaleString("en")} more ranges</li>
        )}
        {shown.map((item) => (
          <li key={item}>
            <Name text={item} />
          </li>
        ))}
        {itemsTotal > shown.length && <li>and {(itemsTotal - shown.length).toLocaleString("en")} more</li>}
      </ul>
    </Notice>
  );
}
