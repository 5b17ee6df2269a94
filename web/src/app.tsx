/** Who is not signed in sees how to; whoever is sees the page of the address. */
import { useEffect, useState } from 'preact/hooks';
import { get } from './api.ts';
import { textIn } from './json.ts';
import { zone } from './locale.ts';
import { offers } from './offers.ts';
import { place } from './router.ts';
import { routeOf } from './routes.tsx';
import { resume, session } from './session.ts';
import { Languages, Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';
import { useShared } from './state.ts';
import { LazyPage } from './ui/lazy-page.tsx';

export function App() {
  const who = useShared(session);
  const { parts } = useShared(place);
  const [asked, setAsked] = useState(false);
  const route = routeOf(parts);
  const isIn = who.kind === 'key' || who.kind === 'person' || who.kind === 'ended';

  useEffect(() => {
    if (isIn) return;
    // Where nobody can sign in there is no session to ask for.
    void offers('GET /v1/session/login')
      .then((is) => (is ? resume() : undefined))
      .catch(() => undefined)
      .finally(() => setAsked(true));
  }, [isIn]);
  useEffect(() => {
    if (who.kind === 'key' || who.kind === 'person') void learnZone();
  }, [who.kind]);

  if (!isIn && route.open === true) {
    return (
      <main class="open" id="main">
        <Languages />
        <LazyPage route={route} parts={parts} />
      </main>
    );
  }
  if (!isIn) return asked ? <SignIn /> : null;
  return (
    <>
      <Shell parts={parts}>
        <LazyPage route={route} parts={parts} />
      </Shell>
      {who.kind === 'ended' && <SignIn again={who.why} />}
    </>
  );
}

/** Of the audit log's business dates, else of the newest report's; a key may be for one of them alone. */
async function learnZone(): Promise<void> {
  const found = await get('GET /v1/audit/log', {})
    .then(
      (log) => log.zone,
      async () => {
        const [newest] = (await get('GET /v1/reconciliations', { query: { limit: 1 } })).data;
        if (newest === undefined) return undefined;
        return textIn((await get('GET /v1/reconciliations/{id}', { path: { id: newest.id } })).report, 'zone');
      },
    )
    .catch(() => undefined);
  if (found !== undefined) zone.set(found);
}
