/** What an event is called. The catalogue of incidents can be changed, so that not each one has a title here. */
import type { Words } from '../../i18n/en.ts';

export const titleOf = (event: string, { incidents }: Words): string =>
  Object.entries(incidents.titles).find(([name]) => name === event)?.[1] ?? event;
