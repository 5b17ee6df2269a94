/** Whom the commands speak to: the service that is named, the one that runs here, or this process. */
import { inProcessApi, remoteApi } from '../apps/cli/api.ts';
import { localScopes } from '../features/access/roles.ts';
import { PlumblineError } from '../kernel/errors.ts';
import { systemClock, systemRandom } from '../platform/clock/system.ts';
import type { ApiClient } from '../platform/command-line/port.ts';
import { loadConfig, processEnvironment } from '../platform/config/config.ts';
import { createHttpClient } from '../platform/http-client/undici.ts';
import { findLocalService, type LocalService } from './local-service.ts';

export async function connect(): Promise<{ readonly api: ApiClient; readonly close: () => Promise<void> }> {
  const config = loadConfig(processEnvironment());
  const { PLUMBLINE_URL: url, PLUMBLINE_API_KEY: key, PLUMBLINE_DATA: folder } = config.values;
  if (url !== undefined && key === undefined) {
    throw new PlumblineError(
      'invalid',
      'cli.key_missing',
      'PLUMBLINE_URL is set: set PLUMBLINE_API_KEY as well (plumbline keys create)',
    );
  }
  if (url !== undefined && key !== undefined) return remote({ url, key });
  const local = findLocalService(folder);
  if (local !== undefined) return remote(local);

  // The service's parts take longer to load than most commands take: only who needs them waits for them.
  const { compose } = await import('./compose.ts');
  const app = await compose({ config, logFd: 2 });
  return {
    api: inProcessApi(app.server, app.access.createLocalKey('local', localScopes(app.approvals.required)), app.random),
    close: app.close,
  };
}

function remote({ url, key }: LocalService): { readonly api: ApiClient; readonly close: () => Promise<void> } {
  const http = createHttpClient({ clock: systemClock });
  return { api: remoteApi(http, url, key, systemRandom), close: () => http.close() };
}
