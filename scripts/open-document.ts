/** The OpenAPI document of a service that has every route: embedded, with the sandbox, for a moment. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from '../src/main/compose.ts';
import { sandboxRates } from '../src/main/sandbox-settings.ts';
import { systemClock } from '../src/platform/clock/system.ts';
import { loadConfig } from '../src/platform/config/config.ts';
import { startProviders } from '../src/sandbox/providers/providers.ts';
import { sandboxRoutes } from '../src/sandbox/routes.ts';
import { createSandbox } from '../src/sandbox/sandbox.ts';
import { createTampering } from '../src/sandbox/tampering.ts';

export async function openDocument(): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-document-'));
  const config = loadConfig({ PLUMBLINE_DATA: folder, LOG_LEVEL: 'fatal' });
  const providers = await startProviders({ clock: systemClock });
  const app = await compose({
    ...{ config, mode: 'sandbox', rates: sandboxRates(config, providers) },
    routes: (parts) => [sandboxRoutes(createSandbox(parts), providers, createTampering(parts))],
  });
  try {
    return JSON.parse(JSON.stringify(app.server.swagger()));
  } finally {
    await app.close();
    await providers.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
