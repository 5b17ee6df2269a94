/** Addresses of the console: all of them behind the `#`, so that they can be sent on and kept. */
import { state } from './state.ts';

export interface Place {
  /** `/solvency/runs/0193...` */
  readonly path: string;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

function placeNow(): Place {
  const [path = '', query = ''] = location.hash.replace(/^#/, '').split('?');
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
  return { path: `/${parts.map(encodeURIComponent).join('/')}`, parts, query: new URLSearchParams(query) };
}

/** As it stands where it is no encoding: an address is anything that somebody types. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const place = state<Place>(placeNow());

addEventListener('hashchange', () => place.set(placeNow()));

/** @param parts of the path. @param query what is undefined is left out */
export function href(
  parts: readonly (string | number)[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value]],
  );
  const search = new URLSearchParams(given).toString();
  return `#/${parts.map((part) => encodeURIComponent(part)).join('/')}${search === '' ? '' : `?${search}`}`;
}

export function go(address: string): void {
  location.hash = address;
}

/** Another address of the same page, such as a filter: it leaves no step behind in the history. */
export function replace(address: string): void {
  history.replaceState(null, '', address);
  place.set(placeNow());
}
