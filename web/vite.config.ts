import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** `web/dist`, which the service serves at `/`: files with a hash in their names beside one page. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    outDir: 'dist',
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    // Nothing as data: in a page, which its own policy would refuse.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // Of the verifiers' command lines, which no browser runs.
    rolldownOptions: { external: ['node:fs'], checks: { bundlerTimings: false } },
  },
});
