import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { problemOf } from "../api/problem.ts";
import { standing } from "../api/session.ts";
import { Empty } from "../parts/empty.tsx";
import { ProblemNotice } from "../parts/problem.tsx";
import { address, arrivals } from "../routing/address.ts";
import type { ViewProps } from "../routing/view-props.ts";
import { Header } from "./header.tsx";
import { Navigation } from "./navigation.tsx";
import { SignIn } from "./sign-in.tsx";
import { type Found, viewAt } from "./views.ts";

/** Everything on the page: who nobody knows signs in, and the others see the view of the address. */
export function Shell() {
  const { state } = standing.value;
  if (state === "asking") return <main aria-busy="true" />;
  if (state === "nobody") return <SignIn />;
  return (
    <>
      <a class="skip" href="#view">
        Skip to the content
      </a>
      <Header />
      <div class="frame">
        <Navigation />
        <CurrentView />
      </div>
    </>
  );
}

function CurrentView() {
  const { path } = address.value;
  const found = viewAt(path);
  const main = useRef<HTMLElement>(null);
  const arrived = arrivals.value;
  useEffect(() => {
    document.title = found === undefined ? "contextcore" : `${titleOf(found)} · contextcore`;
  }, [found, path]);
  useEffect(() => {
    if (arrived === 0) return;
    // Whoever reads with a keyboard or a screen reader begins where the new view begins.
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [arrived]);
  return (
    <main id="view" tabIndex={-1} ref={main}>
      {found === undefined ? (
        <Empty title={`There is nothing at ${path}`}>
          The navigation leads to everything that there is. <a href="/">Go to the overview</a>
        </Empty>
      ) : (
        <Loaded key={path} found={found} />
      )}
    </main>
  );
}

const titleOf = ({ view, params }: Found): string => {
  const name = params.name ?? params.kind ?? params.id;
  return name === undefined ? view.title : `${view.title} ${name}`;
};

function Loaded({ found: { view, params } }: { readonly found: Found }) {
  const [loaded, setLoaded] = useState<{ readonly Component: ComponentType<ViewProps> }>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    view.load().then(({ default: Component }) => setLoaded({ Component }), setError);
  }, [view]);
  if (error !== undefined)
    return <ProblemNotice problem={problemOf(error)} again={() => location.reload()} />;
  if (loaded === undefined) return <div aria-busy="true" />;
  return <loaded.Component params={params} />;
}
