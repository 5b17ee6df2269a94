/** Where the console's files lie, and the link that opens it. */
import { fileURLToPath } from 'node:url';

/** The same two levels up from src/main and from dist/main. */
export const consoleFolder = (): string => fileURLToPath(new URL('../../web/dist', import.meta.url));

/**
 * Opens the console with a key. It stands in the fragment, which a browser sends to nobody; the console
 * takes it out of the address and keeps it for its tab alone.
 * @param key one that dies with the process: whoever has the link has it
 */
export const consoleLink = (url: string, key: string): string => `${url}/#/enter/${key}`;
