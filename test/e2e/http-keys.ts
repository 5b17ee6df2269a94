/** Who may what, by which key. */
import { Agent, get } from 'node:http';
import { describe, expect, test } from 'vitest';
import { expectProblem, service } from './http-service.ts';

export function keysSuite(): void {
  describe('who may what', () => {
    const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });

    test.each(['', 'Basic eDp5', 'Bearer ', 'Bearer a b', 'Bearer pl_unknown'])(
      'authorization %j is 401',
      async (authorization) => {
        const response = await service.request('/v1/rates/USDT/VND', { headers: { authorization } });
        expectProblem(response, 401, 'access.unauthenticated');
        expect(response.headers.get('www-authenticate')).toBe('Bearer');
      },
    );

    test('every route that is not public asks for its own scope', async () => {
      const routes = [
        ['GET', '/v1/rates/USDT/VND', 'rates:read'],
        ['GET', '/v1/rates/providers', 'rates:read'],
        ['GET', '/v1/reconciliations', 'reconciliation:read'],
        ['GET', '/v1/reconciliations/dates/2020-01-01', 'reconciliation:read'],
        ['POST', '/v1/reconciliations', 'reconciliation:run'],
        ['GET', '/v1/audit/log', 'audit:read'],
        ['GET', '/v1/audit/entries/0', 'audit:read'],
        ['GET', '/v1/audit/records/payments/1', 'audit:read'],
        ['GET', '/v1/audit/watches', 'audit:read'],
        ['POST', '/v1/audit/entries', 'audit:append'],
        ['POST', '/v1/audit/streams', 'audit:admin'],
        ['POST', '/v1/audit/redactions', 'audit:admin'],
        ['POST', '/v1/audit/watches', 'audit:admin'],
        ['DELETE', '/v1/audit/watches/payments', 'audit:admin'],
        ['GET', '/v1/keys', 'keys:admin'],
        ['POST', '/v1/keys', 'keys:admin'],
      ] as const;
      for (const [method, path, scope] of routes) {
        const wrong = scope === 'rates:read' ? 'keys:admin' : 'rates:read';
        expectProblem(
          await service.request(path, { method, ...bearer(service.key(wrong)) }),
          403,
          'access.scope_missing',
        );
        const right = await service.request(path, { method, ...bearer(service.key(scope)) });
        expect(right.status, `${method} ${path}`).not.toBe(403);
      }
    });

    test('a key works until it is revoked, and is never shown again', async () => {
      const { body } = await service.post('/v1/keys', { name: 'auditor', scopes: ['reconciliation:read'] });
      const created = body as { id: string; secret: string };
      expect((await service.request('/v1/reconciliations', bearer(created.secret))).status).toBe(200);
      const list = await service.request('/v1/keys');
      expect(list.text).toContain(created.id);
      expect(list.text).not.toContain(created.secret);
      expect((await service.post(`/v1/keys/${created.id}/revoke`, {})).status).toBe(200);
      expectProblem(await service.request('/v1/reconciliations', bearer(created.secret)), 401, 'access.key_revoked');
    });

    test('one connection may send one key after another, and each is asked for its own scope', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const sockets = new Set<unknown>();
      const ask = (secret: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          const options = { agent, headers: { authorization: `Bearer ${secret}` } };
          get(`${service.url}/v1/rates/USDT/VND`, options, (response) => {
            sockets.add(response.socket);
            response.resume().once('end', () => resolve(response.statusCode));
          }).once('error', reject);
        });
      const [right, wrong] = [service.key('rates:read'), service.key('keys:admin')];
      const statuses: unknown[] = [];
      for (const secret of [right, wrong, 'pl_unknown', right, right, wrong]) statuses.push(await ask(secret));
      expect(statuses).toEqual([200, 403, 401, 200, 200, 403]);
      expect(sockets.size).toBe(1);
      agent.destroy();
    });

    test.each(['a\u0000b', 'a\ud800b', 'a\nb', '\u001b[2J', ''])(
      'a key named %j is 422, and never 500',
      async (name) => {
        expectProblem(await service.post('/v1/keys', { name, scopes: ['rates:read'] }), 422, 'request.invalid');
        expectProblem(
          await service.post('/v1/keys', { name: 'x', scopes: [`rates:${name}`] }),
          422,
          'access.scope_unknown',
        );
      },
    );

    test('an expired key, an unknown scope, a key that is not there', async () => {
      const { body } = await service.post('/v1/keys', {
        name: 'x',
        scopes: ['rates:read'],
        expires_at: '2020-01-01T00:00:00+07:00',
      });
      expectProblem(
        await service.request('/v1/rates/USDT/VND', bearer((body as { secret: string }).secret)),
        401,
        'access.key_expired',
      );
      const unknown = await service.post('/v1/keys', { name: 'x', scopes: ['rates:raed'] });
      expectProblem(unknown, 422, 'access.scope_unknown');
      expect(unknown.text).toContain('rates:read');
      expectProblem(
        await service.post('/v1/keys', { name: 'x', scopes: ['rates:read'], expires_at: '2027-01-01T00:00:00' }),
        422,
        'request.invalid',
      );
      expectProblem(
        await service.post('/v1/keys/01939e4e-7cb2-7c00-8000-000000000000/revoke', {}),
        404,
        'access.key_unknown',
      );
    });
  });
}
