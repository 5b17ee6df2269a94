/** What is the same at every route: a POST acts once, and browsers are told what they may. */
import { describe, expect, test } from 'vitest';
import { expectProblem, service } from './http-service.ts';

export function requestsSuite(): void {
  describe('a POST that acts', () => {
    test('needs a key, and with the same key acts once', async () => {
      expectProblem(
        await service.post('/v1/keys', { name: 'x', scopes: ['rates:read'] }, { 'idempotency-key': '' }),
        422,
        'idempotency.key_missing',
      );
      const send = () =>
        service.post('/v1/keys', { name: 'once', scopes: ['rates:read'] }, { 'idempotency-key': 'create-once' });
      const [first, second] = [await send(), await send()];
      expect([first.status, second.status]).toEqual([201, 201]);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
      expect(second.body).toEqual({ ...(first.body as object), secret: null });
      const { text } = await service.request('/v1/keys');
      expect(text.split('"once"')).toHaveLength(2);
      expect((await service.request('/openapi.json')).body).toMatchObject({
        paths: {
          '/v1/keys': {
            post: { parameters: [expect.objectContaining({ in: 'header', name: 'idempotency-key', required: true })] },
          },
        },
      });
    });

    test('refuses the same key for another request, and frees the key of a refused one', async () => {
      const headers = { 'idempotency-key': 'reused' };
      expectProblem(
        await service.post('/v1/keys', { name: 'a', scopes: ['wrong'] }, headers),
        422,
        'access.scope_unknown',
      );
      expect((await service.post('/v1/keys', { name: 'a', scopes: ['rates:read'] }, headers)).status).toBe(201);
      expectProblem(
        await service.post('/v1/keys', { name: 'b', scopes: ['rates:read'] }, headers),
        422,
        'idempotency.key_reused',
      );
    });

    test('ten at once with one key act once', async () => {
      const send = () =>
        service.post('/v1/keys', { name: 'race', scopes: ['rates:read'] }, { 'idempotency-key': 'race' });
      const statuses = (await Promise.all(Array.from({ length: 10 }, send))).map(({ status }) => status);
      expect(statuses.every((status) => status === 201 || status === 409)).toBe(true);
      expect((await service.request('/v1/keys')).text.split('"race"')).toHaveLength(2);
    });
  });

  describe('what browsers are told', () => {
    const DATA = {
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
    };
    const namesOf = (headers: Headers): readonly string[] =>
      [...headers.keys()].filter((name) => /policy|security|^x-(?!ratelimit|request-id)|origin/.test(name)).sort();

    test.each(['/v1/rates/USDT/VND', '/v1/keys', '/v1/nothing', '/healthz', '/metrics', '/openapi.json'])(
      '%s is data: it loads, runs and frames nothing',
      async (path) => {
        const { headers } = await service.request(path, { headers: { authorization: '' } });
        expect(Object.fromEntries(namesOf(headers).map((name) => [name, headers.get(name)]))).toEqual(DATA);
        expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
      },
    );

    test.each(['/docs', '/docs/static/swagger-ui.css'])('%s is a page, with a policy of its own', async (path) => {
      const { status, headers } = await service.request(path, { headers: { authorization: '' } });
      expect(status).toBe(200);
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'self'; script-src 'self'; .*frame-ancestors 'none'$/,
      );
      expect(namesOf(headers)).toEqual([
        'content-security-policy',
        'cross-origin-opener-policy',
        'cross-origin-resource-policy',
        'origin-agent-cluster',
        'referrer-policy',
        'strict-transport-security',
        'x-content-type-options',
        'x-dns-prefetch-control',
        'x-download-options',
        'x-frame-options',
        'x-permitted-cross-domain-policies',
        'x-xss-protection',
      ]);
    });
  });
}
