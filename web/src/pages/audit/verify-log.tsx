/** Verifying the whole log in this browser. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Answer, get } from '../../api.ts';
import { now } from '../../browser/clock.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { credentials } from '../../session.ts';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { TextField } from '../../ui/field.tsx';
import { Age, Digest } from '../../ui/figure.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Part } from '../../ui/part.tsx';
import type { VerifyMessage, VerifyRequest } from '../../verify/messages.ts';
import { pin, pinnedKey } from './pinned-key.ts';
import { keepVerified, verifiedHere } from './verified-here.ts';

type Log = Answer<'GET /v1/audit/log'>;

export function VerifyLog() {
  const { words } = useLocale();
  const load = useLoad('log to verify', (signal) => get('GET /v1/audit/log', {}, signal));
  return (
    <Page
      back={{ href: href(['audit']), label: words.audit.title }}
      title={words.audit.verifyTitle}
      lead={words.audit.verifyLead}
    >
      <Part load={load}>{(log) => <Verifier log={log} />}</Part>
    </Page>
  );
}

function Verifier({ log }: { readonly log: Log }) {
  const { words, count, duration } = useLocale();
  const { audit } = words;
  const pinned = pinnedKey(log.origin, log.keys);
  const [vkey, setVkey] = useState(pinned.vkey ?? '');
  const [message, setMessage] = useState<VerifyMessage>();
  const worker = useRef<Worker | undefined>(undefined);
  const stop = (): void => {
    worker.current?.terminate();
    worker.current = undefined;
  };
  useEffect(() => stop, []);
  const earlier = verifiedHere(log.origin);
  const start = (): void => {
    stop();
    pin(log.origin, vkey);
    const made = new Worker(new URL('../../verify/worker.ts', import.meta.url), { type: 'module' });
    worker.current = made;
    setMessage({ kind: 'progress', done: 0, size: log.published?.size ?? log.size, ms: 0 });
    made.addEventListener('message', ({ data }: MessageEvent<VerifyMessage>) => {
      setMessage(data);
      if (data.kind === 'progress') return;
      if (data.kind === 'verdict' && data.verdict.kind === 'holds') {
        const { origin, size, root } = data.verdict;
        keepVerified(origin, { size, root, at: new Date(now()).toISOString() });
      }
      stop();
    });
    made.addEventListener('error', ({ message: why }) => setMessage({ kind: 'failed', message: why }));
    const request: VerifyRequest = { vkey, earlier, headers: credentials(false) };
    made.postMessage(request);
  };
  const isRunning = message?.kind === 'progress';
  return (
    <div class="stack">
      <Card title={audit.whatIsVerified}>
        <ul class="sentences">
          {audit.checks.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
        <Facts
          facts={[
            [audit.origin, <code key="origin">{log.origin}</code>],
            [
              audit.published,
              log.published === null ? (
                audit.notSigned
              ) : (
                <span key="size" class="num">
                  {count(log.published.size)}
                </span>
              ),
            ],
            [
              audit.verifiedHere,
              earlier === undefined ? (
                words.common.never
              ) : (
                <span key="earlier">
                  <span class="num">{count(earlier.size)}</span>, <Age at={earlier.at} />
                </span>
              ),
            ],
          ]}
        />
        {pinned.isOther && (
          <p class="notice bad">
            <Icon name="bad" />
            {audit.otherKey}
          </p>
        )}
        <form
          class="form"
          onSubmit={(event) => {
            event.preventDefault();
            start();
          }}
        >
          <TextField label={audit.vkey} hint={audit.vkeyHint} value={vkey} onText={setVkey} required />
          <div class="buttons">
            <button type="submit" class="primary" disabled={isRunning || log.published === null}>
              {isRunning ? audit.verifying : audit.verifyNow}
            </button>
          </div>
        </form>
      </Card>
      <div aria-live="polite">
        {message?.kind === 'progress' && (
          <Card title={audit.verifying}>
            <progress max={message.size} value={message.done} aria-label={audit.verifying} />
            <p class="num">{audit.progress(count(message.done), count(message.size))}</p>
          </Card>
        )}
        {message?.kind === 'failed' && (
          <p class="notice bad" data-verified="failed">
            <Icon name="bad" />
            {message.message}
          </p>
        )}
        {message?.kind === 'verdict' && message.verdict.kind === 'broken' && (
          <div class="notice bad" data-verified="broken">
            <Icon name="bad" />
            <div>
              <p>{audit.faults[message.verdict.fault]}</p>
              {message.verdict.index !== undefined && (
                <p>
                  <a href={href(['audit', 'entries', message.verdict.index])}>
                    {audit.atEntry(count(message.verdict.index))}
                  </a>
                </p>
              )}
              <p>{audit.brokenAdvice}</p>
            </div>
          </div>
        )}
        {message?.kind === 'verdict' && message.verdict.kind === 'holds' && (
          <section class="verdict good" data-verified="holds" aria-label={audit.holds}>
            <p class="answer">
              <Icon name="good" />
              {audit.holds}
            </p>
            <Facts
              facts={[
                [
                  audit.entries,
                  <span key="n" class="num">
                    {count(message.verdict.size)}
                  </span>,
                ],
                [
                  audit.streams,
                  <span key="s" class="num">
                    {count(message.verdict.streams)}
                  </span>,
                ],
                [audit.root, <Digest key="root" value={message.verdict.root} chars={64} />],
                [audit.took, message.ms < 1_000 ? `${count(Math.round(message.ms))} ms` : duration(message.ms)],
              ]}
            />
          </section>
        )}
      </div>
    </div>
  );
}
