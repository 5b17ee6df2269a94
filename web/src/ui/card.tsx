/** A part of a page with its title. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId } from 'preact/hooks';

export interface CardProps {
  readonly title: string;
  /** Beside the title: buttons, links. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly wide?: boolean;
}

export function Card({ title, aside, children, wide = false }: CardProps) {
  const id = useId();
  return (
    <section class={wide ? 'card wide' : 'card'} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div class="aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

export interface FactsProps {
  readonly facts: readonly (readonly [name: ComponentChildren, value: ComponentChildren])[];
}

/** Names and what stands for them, one under the other. */
export const Facts = ({ facts }: FactsProps) => (
  <dl class="facts">
    {facts.map(([name, value], at) => (
      <div key={typeof name === 'string' ? name : at}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

export interface PageProps {
  readonly title: string;
  /** One line under the title. */
  readonly lead?: ComponentChildren;
  readonly aside?: ComponentChildren;
  readonly back?: { readonly href: string; readonly label: string };
  readonly children: ComponentChildren;
}

export function Page({ title, lead, aside, back, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Plumbline`;
  }, [title]);
  return (
    <>
      <div class="page-head">
        <div>
          {back !== undefined && (
            <a class="back" href={back.href}>
              {back.label}
            </a>
          )}
          <h1 tabIndex={-1}>{title}</h1>
          {lead !== undefined && <p class="lead">{lead}</p>}
        </div>
        {aside !== undefined && <div class="aside">{aside}</div>}
      </div>
      {children}
    </>
  );
}
