/**
 * Server-sent events with the bearer key in a header, which EventSource cannot send. Format:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
import { after } from './browser/clock.ts';
import { ask } from './browser/http.ts';
import { credentials, ended, session } from './session.ts';

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Complete events of the text, and what is left of it. */
export function parseEvents(text: string): { readonly events: readonly ServerEvent[]; readonly rest: string } {
  const blocks = text.replaceAll('\r\n', '\n').split('\n\n');
  const rest = blocks.pop() ?? '';
  const events = blocks.flatMap((block) => {
    const fields = block.split('\n').flatMap((line): readonly (readonly [string, string])[] => {
      const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    });
    const data = fields.filter(([name]) => name === 'data').map(([, value]) => value);
    const event = fields.findLast(([name]) => name === 'event')?.[1] ?? 'message';
    return data.length === 0 ? [] : [{ event, data: data.join('\n') }];
  });
  return { events, rest };
}

const AGAIN_MS = 2_000;

/**
 * Reads until told, and connects again where the connection ends.
 * @param onState whether events arrive now
 * @returns how to end it
 */
export function follow(
  path: string,
  onEvent: (event: ServerEvent) => void,
  onState: (live: boolean) => void,
): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  let cancel = (): void => undefined;

  const read = async (): Promise<void> => {
    if (session.get().kind === 'ended') return; // somebody is asked to sign in
    const response = await ask({ method: 'GET', path, headers: credentials(false), signal });
    if (response.status === 401) ended(response.statusText);
    if (!response.ok || response.body === null) return;
    onState(true);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let waiting = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const { events, rest } = parseEvents(waiting + part.value);
      waiting = rest;
      for (const each of events) onEvent(each);
    }
  };
  const run = (): void => {
    const goOn = (): void => {
      if (signal.aborted) return;
      onState(false);
      cancel = after(AGAIN_MS, run);
    };
    read().then(goOn, goOn);
  };
  run();
  return () => {
    controller.abort();
    cancel();
  };
}
