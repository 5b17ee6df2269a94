/** Writes what docs/reference/ holds from the code itself; a test fails where it differs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { settingsReference } from '../src/platform/config/reference.ts';

mkdirSync('docs/reference', { recursive: true });
writeFileSync('docs/reference/settings.md', settingsReference());
