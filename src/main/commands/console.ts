/** `plumbline console`: the link that opens the console of the service on this machine. */
import { PlumblineError } from '../../kernel/errors.ts';
import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { loadConfig, processEnvironment } from '../../platform/config/config.ts';
import { consoleLink } from '../console.ts';
import { findLocalService } from '../local-service.ts';

export const consoleCommands: RegisterCommands = (program, context) => {
  program
    .command('console')
    .description('print the link that opens the console of the service that runs here, with the key of its run')
    .action(() => {
      const { PLUMBLINE_DATA: folder } = loadConfig(processEnvironment()).values;
      const service = findLocalService(folder);
      if (service === undefined) {
        throw new PlumblineError(
          'missing',
          'console.no_service',
          `no service runs with the data folder ${folder}; start one: npm start, or plumbline serve. A service elsewhere: open its address and sign in`,
        );
      }
      const link = consoleLink(service.url, service.key);
      context.answer({ url: service.url, link }, () => [link]);
    });
};
