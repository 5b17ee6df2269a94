/** A state: a sign, a word and a colour, of which the word alone would do. */
import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

export type Tone = 'good' | 'warn' | 'bad' | 'idle';

export const Badge = ({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) => (
  <span class={`badge ${tone}`}>
    <Icon name={tone} />
    {children}
  </span>
);
