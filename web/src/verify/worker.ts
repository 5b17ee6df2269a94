/** The worker in which a log is verified, so that the page stays at hand. */
import { monotonic } from '../browser/clock.ts';
import { ask, askForGood } from '../browser/http.ts';
import { problemOf } from '../problem.ts';
import type { VerifyMessage, VerifyRequest } from './messages.ts';
import { verifyLog } from './verify-log.ts';

const say = (message: VerifyMessage): void => postMessage(message);
/** Each word of progress is drawn by the page, on a core that may be the same. */
const PROGRESS_MS = 150;

addEventListener('message', ({ data }: MessageEvent<VerifyRequest>) => {
  const { vkey, earlier, headers } = data;
  const began = monotonic();
  let said = began;
  const read = async (path: string): Promise<Uint8Array> => {
    const address = `/log/${path}`;
    const response =
      path === 'checkpoint' ? await ask({ method: 'GET', path: address, headers }) : await askForGood(address, headers);
    if (!response.ok) throw await problemOf(response);
    return new Uint8Array(await response.arrayBuffer());
  };
  verifyLog({
    ...{ vkey, earlier, read },
    onProgress: (done, size) => {
      const now = monotonic();
      if (now - said < PROGRESS_MS) return;
      said = now;
      say({ kind: 'progress', done, size, ms: now - began });
    },
  }).then(
    (verdict) => say({ kind: 'verdict', verdict, ms: monotonic() - began }),
    (error) => say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
});
