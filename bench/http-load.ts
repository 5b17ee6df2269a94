/** The load: twenty connections for some seconds. Arguments: URL, seconds, API key where one is needed. */
import autocannon from 'autocannon';
import { bePart } from './child.ts';

const [url = '', seconds = '', key] = process.argv.slice(2);
const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
const { requests, latency, non2xx, errors, duration } = await autocannon({
  ...{ url, headers, connections: 20, duration: Number(seconds) },
});
bePart({ total: requests.total, perSecond: requests.total / duration, p99Ms: latency.p99, failed: non2xx + errors });
