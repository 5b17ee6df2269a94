import { describe, expect, it } from 'vitest';
import { assertSupported } from './version.ts';

describe('assertSupported', () => {
  it.each(['15.0', '15.18', '18.4', '19'])('takes PostgreSQL %s', (version) => {
    expect(() => assertSupported(version)).not.toThrow();
  });

  it.each(['14.20', '9.6.24'])('refuses PostgreSQL %s', (version) => {
    expect(() => assertSupported(version)).toThrow(
      expect.objectContaining({ code: 'db.version_unsupported', kind: 'invalid' }),
    );
  });
});
