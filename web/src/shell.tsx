/** What stands around every page: where one is, which language and theme, and who looks. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { waiting } from './api.ts';
import { zoneOffset } from './format/time.ts';
import { health } from './health.ts';
import { speak, THEMES, theme, useLocale, wear } from './locale.ts';
import { useOffers } from './offers.ts';
import { href } from './router.ts';
import { leave, session } from './session.ts';
import { useShared } from './state.ts';
import { useNow } from './ui/figure.tsx';
import { Icon } from './ui/icon.tsx';

/** What a service may lack. */
const OPTIONAL = [
  'GET /v1/liability-proofs',
  'GET /v1/incidents',
  'GET /v1/notifications',
  'GET /v1/approvals',
  'GET /v1/archive/runs',
] as const;

interface Item {
  readonly parts: readonly string[];
  readonly label: string;
}

export function Shell({
  parts,
  children,
}: {
  readonly parts: readonly string[];
  readonly children: ComponentChildren;
}) {
  const { words } = useLocale();
  const mode = useShared(health)?.mode;
  const pending = useShared(waiting);
  const has = useOffers(OPTIONAL);
  const [open, setOpen] = useState(false);
  const address = parts.join('/');
  // Whoever has chosen a page has done with the menu
  useEffect(() => setOpen(false), [address]);
  const { nav } = words;
  const groups: readonly { readonly title: string; readonly items: readonly Item[] }[] = [
    { title: nav.now, items: [{ parts: [], label: nav.overview }] },
    {
      title: nav.solvency,
      items: [
        { parts: ['solvency'], label: nav.reports },
        { parts: ['solvency', 'breaks'], label: nav.breaks },
        { parts: ['solvency', 'payouts'], label: nav.payouts },
        ...(has('GET /v1/liability-proofs') ? [{ parts: ['solvency', 'proofs'], label: nav.proofs }] : []),
        { parts: ['proof'], label: nav.proof },
      ],
    },
    { title: nav.rates, items: [{ parts: ['rates'], label: nav.ratesNow }] },
    {
      title: nav.audit,
      items: [
        { parts: ['audit'], label: nav.log },
        { parts: ['audit', 'verify'], label: nav.verify },
      ],
    },
    {
      title: nav.people,
      items: [
        ...(has('GET /v1/incidents') ? [{ parts: ['incidents'], label: nav.incidents }] : []),
        ...(has('GET /v1/notifications') ? [{ parts: ['notifications'], label: nav.notifications }] : []),
        ...(has('GET /v1/approvals') ? [{ parts: ['approvals'], label: nav.approvals }] : []),
      ],
    },
    {
      title: nav.service,
      items: [
        ...(has('GET /v1/archive/runs') ? [{ parts: ['archive'], label: nav.archive }] : []),
        { parts: ['keys'], label: nav.keys },
        { parts: ['jobs'], label: nav.jobs },
        { parts: ['settings'], label: nav.settings },
        { parts: ['service'], label: nav.health },
        ...(mode === 'sandbox' ? [{ parts: ['sandbox'], label: nav.sandbox }] : []),
      ],
    },
  ];
  const here = currentOf(
    groups.flatMap(({ items }) => items),
    parts,
  );
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        {nav.skip}
      </button>
      <div class={open ? 'side open' : 'side'}>
        <div class="inner">
          <div class="top">
            <a class="brand" href={href([])}>
              <Mark />
              Plumbline
            </a>
            <button type="button" class="menu quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
              <Icon name="menu" />
              {nav.menu}
            </button>
          </div>
          <nav aria-label={nav.label}>
            {groups
              .filter(({ items }) => items.length > 0)
              .map(({ title, items }) => (
                <div key={title}>
                  <h2>{title}</h2>
                  <ul>
                    {items.map((item) => (
                      <li key={item.label}>
                        <a href={href(item.parts)} aria-current={item === here ? 'page' : undefined}>
                          {item.label}
                        </a>
                      </li>
                    ))}
                  </ul>
                </div>
              ))}
          </nav>
          <Foot />
        </div>
      </div>
      <div>
        {mode === 'sandbox' && (
          <div class="sandbox-strip">
            <Icon name="warn" />
            <span>{words.sandbox.strip}</span>
            <a href={href(['sandbox'])}>{words.sandbox.open}</a>
          </div>
        )}
        <main id="main" tabIndex={-1}>
          {pending !== undefined && (
            <div class="notice warn" role="status">
              <Icon name="warn" />
              <div>
                <p>
                  {words.approvals.waits} <code>{pending}</code>.{' '}
                  <a href={href(['approvals'])}>{words.nav.approvals}</a>
                </p>
                <button type="button" class="quiet" onClick={() => waiting.set(undefined)}>
                  {words.common.close}
                </button>
              </div>
            </div>
          )}
          {children}
        </main>
      </div>
    </div>
  );
}

/** The item that says most of the address. */
function currentOf(items: readonly Item[], parts: readonly string[]): Item | undefined {
  const fitting = items.filter((item) => item.parts.every((part, at) => part === parts[at]));
  if (parts.length === 0) return fitting[0];
  return fitting.filter((item) => item.parts.length > 0).sort((a, b) => b.parts.length - a.parts.length)[0];
}

function Foot() {
  const { words, zone } = useLocale();
  const who = useShared(session);
  const time = useNow(60_000);
  return (
    <div class="foot">
      <div class="who">
        <Languages />
        <Themes />
      </div>
      <p class="small">
        {words.nav.zone} {zone} ({zoneOffset(time, zone)})
      </p>
      {(who.kind === 'key' || who.kind === 'person') && (
        <p class="who small">
          <span>{who.kind === 'person' ? who.name : `${words.session.key} ${who.key.slice(0, 9)}…`}</span>
          <button type="button" class="tool" onClick={() => void leave()}>
            {words.session.leave}
          </button>
        </p>
      )}
    </div>
  );
}

export function Languages() {
  const { language, words } = useLocale();
  return (
    <fieldset class="switch">
      <legend class="hidden">{words.nav.language}</legend>
      <button
        type="button"
        lang="vi"
        aria-pressed={language === 'vi'}
        onClick={() => void speak('vi')}
        title="Tiếng Việt"
      >
        VI
      </button>
      <button type="button" lang="en" aria-pressed={language === 'en'} onClick={() => void speak('en')} title="English">
        EN
      </button>
    </fieldset>
  );
}

function Themes() {
  const { words } = useLocale();
  const worn = useShared(theme);
  const next = THEMES[(THEMES.indexOf(worn) + 1) % THEMES.length] ?? 'system';
  return (
    <button type="button" class="tool" onClick={() => wear(next)}>
      {words.nav.themes[worn]}
    </button>
  );
}

const Mark = () => (
  <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="7" fill="var(--accent)" />
    <path d="M16 4v13" stroke="var(--surface)" stroke-width="2" stroke-linecap="round" />
    <path d="M11 16h10l-5 12z" fill="var(--surface)" />
  </svg>
);
