/** A page whose program is fetched when it is first shown; its title is told to whoever listens. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLocale } from '../locale.ts';
import { asProblem, type Problem } from '../problem.ts';
import type { Route } from '../routes.tsx';
import { Failure } from './part.tsx';

export interface PageParts {
  /** Of the address. */
  readonly parts: readonly string[];
}

type PageComponent = ComponentType<PageParts>;

export function LazyPage({ route, parts }: { readonly route: Route; readonly parts: readonly string[] }) {
  const { words } = useLocale();
  const [page, setPage] = useState<{ readonly route: Route; readonly component: PageComponent }>();
  const [problem, setProblem] = useState<Problem>();
  const address = parts.join('/');

  useEffect(() => {
    let current = true;
    setProblem(undefined);
    route.load().then(
      (component) => current && setPage({ route, component }),
      (error) => current && setProblem(asProblem(error)),
    );
    return () => {
      current = false;
    };
  }, [route]);

  // The first page leaves the focus where it is
  useEffect(() => {
    if (page?.route === route && visited) document.querySelector('h1')?.focus({ preventScroll: true });
    if (page?.route === route) {
      visited = true;
      scrollTo(0, 0);
    }
  }, [page, address]);

  if (problem !== undefined) return <Failure problem={problem} />;
  if (page?.route !== route) {
    return (
      <p class="loading" role="status">
        {words.common.loading}
      </p>
    );
  }
  const Component = page.component;
  return <Component key={address} parts={parts} />;
}

/** Whether a page was shown already: from then on, another one is told. */
let visited = false;
