import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

const linesOf = async (metrics: ReturnType<typeof createMetrics>, name: string): Promise<readonly string[]> =>
  (await metrics.page()).split('\n').filter((line) => line.startsWith(name));

test('times to answer are a histogram in the text format', async () => {
  const metrics = createMetrics();
  metrics.requests.observe('GET', '/v1/rates/:base/:quote', 200, 0.0005);
  metrics.requests.observe('GET', '/v1/rates/:base/:quote', 200, 0.001);
  metrics.requests.observe('GET', '/v1/rates/:base/:quote', 200, 0.25);
  metrics.requests.observe('GET', '/v1/rates/:base/:quote', 200, 60);
  metrics.requests.observe('POST', 'a"b\\c\n', 422, 0.1);
  const labels = 'method="GET",route="/v1/rates/:base/:quote",status="200"';
  const others = 'method="POST",route="a\\"b\\\\c\\n",status="422"';
  expect(await linesOf(metrics, 'plumbline_http_request_seconds')).toEqual([
    ...['0.001"', '0.005"', '0.02"', '0.1"'].map(
      (le) => `plumbline_http_request_seconds_bucket{le="${le},${labels}} 2`,
    ),
    ...['0.5"', '2"', '10"'].map((le) => `plumbline_http_request_seconds_bucket{le="${le},${labels}} 3`),
    `plumbline_http_request_seconds_bucket{le="+Inf",${labels}} 4`,
    `plumbline_http_request_seconds_sum{${labels}} 60.2515`,
    `plumbline_http_request_seconds_count{${labels}} 4`,
    ...['0.001"', '0.005"', '0.02"'].map((le) => `plumbline_http_request_seconds_bucket{le="${le},${others}} 0`),
    ...['0.1"', '0.5"', '2"', '10"', '+Inf"'].map(
      (le) => `plumbline_http_request_seconds_bucket{le="${le},${others}} 1`,
    ),
    `plumbline_http_request_seconds_sum{${others}} 0.1`,
    `plumbline_http_request_seconds_count{${others}} 1`,
  ]);
  const page = await metrics.page();
  expect(page).toContain('\n\n# HELP plumbline_http_request_seconds Time to answer, by route and status\n');
  expect(page).toContain('# TYPE plumbline_http_request_seconds histogram\n');
  expect(page.endsWith('\n')).toBe(true);
});
