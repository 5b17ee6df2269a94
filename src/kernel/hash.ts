/** SHA-256 (FIPS 180-4), lower-case hex. */
import { hash } from 'node:crypto';

export const sha256Hex = (data: Uint8Array | string): string => hash('sha256', data, 'hex');
