/** The whole service, listening on loopback, over a given database and simulated providers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALL_SCOPES, type Scope } from '../../src/features/access/scopes.ts';
import { compose } from '../../src/main/compose.ts';
import type { App, ComposeOptions } from '../../src/main/parts.ts';
import { sandboxRates } from '../../src/main/sandbox-settings.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import type { Environment } from '../../src/platform/config/setting.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { type Providers, startProviders } from '../../src/sandbox/providers/providers.ts';
import { recordingLogger } from './reconciliation.ts';

export interface TestApp {
  readonly app: App;
  readonly url: string;
  readonly providers: Providers;
  readonly log: ReturnType<typeof recordingLogger>;
  /** What was answered, each as its route's schema says: `GET /healthz 200`. */
  readonly answers: ReadonlySet<string>;
  /** The texts of all answers but of those that are asked for a secret or an address. */
  readonly said: readonly string[];
  key(...scopes: readonly Scope[]): string;
  /** With a key of all scopes, unless the headers say otherwise. */
  request(
    path: string,
    init?: RequestInit,
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly body: unknown; readonly text: string }>;
  post(path: string, body: unknown, headers?: Record<string, string>): ReturnType<TestApp['request']>;
  close(): Promise<void>;
}

export interface TestAppOptions {
  readonly db: Db;
  readonly env?: Environment;
  readonly compose?: Partial<ComposeOptions>;
  /** Every source is asked before the service listens; it is unless told. */
  readonly warm?: boolean;
}

export async function startApp({ db, env = {}, compose: more = {}, warm = true }: TestAppOptions): Promise<TestApp> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-app-'));
  const config = loadConfig({ PLUMBLINE_DATA: folder, PLUMBLINE_PORT: '0', ...env });
  const providers = await startProviders({ clock: systemClock });
  const log = recordingLogger();
  const answers = new Set<string>();
  const said: string[] = [];
  const app = await compose({
    ...{ config, rates: sandboxRates(config, providers), adapters: { db, log } },
    onAnswerChecked: (answer) => answers.add(answer),
    ...more,
  });
  if (warm) await app.rates.warm();
  const url = await app.listen();
  const key = (...scopes: readonly Scope[]): string => app.access.createLocalKey('test', scopes);
  const all = key(...ALL_SCOPES);
  const request: TestApp['request'] = async (path, init = {}) => {
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${all}`, ...init.headers },
    });
    const text = await response.text();
    if (!/\/(reveal|secret)$/.test(path)) said.push(text);
    const json = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : text };
  };
  let posts = 0;
  return {
    ...{ app, url, providers, log, answers, said, key, request },
    post: (path, body, headers = {}) => {
      posts += 1;
      return request(path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json', 'idempotency-key': `test-${posts}`, ...headers },
      });
    },
    close: async () => {
      await app.close();
      await providers.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
