import { describe, expect, it } from 'vitest';
import { nextHop } from './redirect.ts';

const hop = { url: 'https://api.example.com/v1/price?x=1', method: 'GET', body: undefined } as const;
const next = (location: string, url: string = hop.url) => nextHop({ ...hop, url }, 302, location, 0);

describe('redirects', () => {
  it('stays on the same host', () => {
    expect(next('/v2/price')).toMatchObject({ url: 'https://api.example.com/v2/price' });
    expect(next('//api.example.com/v2')).toMatchObject({ url: 'https://api.example.com/v2' });
    expect(next('https://api.example.com/', 'http://api.example.com/')).toMatchObject({
      url: 'https://api.example.com/',
    });
  });

  it.each([
    ['https://evil.example.com/'],
    ['https://api.example.com:8443/'],
    ['https://api.example.com.evil.com/'],
    ['//evil.example.com/'],
    ['http://api.example.com/'], // https to http
    ['file:///etc/passwd'],
  ])('refuses %s', (location) => {
    expect(() => next(location)).toThrow(expect.objectContaining({ code: 'http.redirected' }));
  });

  it('takes an answer without Location, or with another status, as final', () => {
    expect(nextHop(hop, 302, undefined, 0)).toBeUndefined();
    expect(nextHop(hop, 304, '/x', 0)).toBeUndefined();
    expect(nextHop(hop, 200, '/x', 0)).toBeUndefined();
  });
});
