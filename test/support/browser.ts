/** Debian's Chromium, without its own background traffic: the tests ask for no host but ours. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { sayMissing } from './installed.ts';

const CHROMIUM = '/usr/bin/chromium';

/** Undefined where it is not installed; a failure with PLUMBLINE_TEST_REQUIRE_ALL=1. */
export function findChromium(): string | undefined {
  if (existsSync(CHROMIUM)) return CHROMIUM;
  sayMissing('Chromium', 'apt-get install chromium');
  return undefined;
}

export const openBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
