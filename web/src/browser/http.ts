/** Requests to the service that served this page, and to no other. */

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @param path from the root of the service. @throws TypeError where nobody answers */
export const ask = ({ method, path, headers = {}, body, signal }: Asked): Promise<Response> =>
  fetch(new URL(path, location.origin), {
    ...{ method, headers, credentials: 'same-origin', redirect: 'error', cache: 'no-store' },
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  });

/** What never changes, such as a tile: the browser may keep it. */
export const askForGood = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(new URL(path, location.origin), { headers, credentials: 'same-origin', redirect: 'error' });
