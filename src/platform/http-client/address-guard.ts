/**
 * Where a call may go whose address somebody else chose: to public addresses alone. It is looked at when the
 * connection is made, at the very addresses that are connected to, so that a name that answers otherwise the
 * second time gains nothing.
 */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { PlumblineError } from '../../kernel/errors.ts';

/** https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast and reserved space. */
const SPECIAL_4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
];
/** Of IPv6 only what is given out for public use, 2000::/3, without what carries other addresses in it. */
const SPECIAL_6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const special = listOf([...SPECIAL_4, ...SPECIAL_6]);
const global6 = listOf(['2000::/3']);

export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export class AddressGuard {
  readonly #allowed: BlockList;
  readonly #resolve: Resolve;

  /**
   * @param allow networks that are let through although they are not public: `10.20.0.0/16`
   * @param resolve the system's resolver, unless told
   */
  constructor(allow: readonly string[] = [], resolve: Resolve = systemResolve) {
    this.#allowed = listOf(allow);
    this.#resolve = resolve;
  }

  /** @param ip an address, not a name */
  permits(ip: string): boolean {
    const family = isIP(ip) === 6 ? 'ipv6' : 'ipv4';
    if (isIP(ip) === 0) return false;
    if (this.#allowed.check(ip, family)) return true;
    return family === 'ipv4' ? !special.check(ip, family) : global6.check(ip, family) && !special.check(ip, family);
  }

  /**
   * Of a URL whose host is an address itself: those are not looked up. The URL parser has brought every way
   * of writing one (decimal, octal, hexadecimal, short) into its one form.
   * @throws `http.address_refused` (denied)
   */
  assertLiteral(url: URL): void {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(host) !== 0 && !this.permits(host)) throw refused();
  }

  /** For net.connect: all addresses of the name must be permitted. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.#resolve(host).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined || addresses.some(({ address }) => !this.permits(address))) callback(refused(), '', 0);
        else if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), '', 0),
    );
  };
}

/** The address is not named: whoever chose it would learn what a name means inside. */
const refused = (): PlumblineError =>
  new PlumblineError(
    'denied',
    'http.address_refused',
    'the address is not a public one; loopback, private and link-local networks are not called',
  );

const systemResolve: Resolve = (host) =>
  new Promise((resolve, reject) => {
    dnsLookup(host, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
  });

/** @throws `http.network_malformed` (invalid) */
function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', length = ''] = network.split('/');
    const version = isIP(address);
    const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
    if (version === 0 || !(bits <= (version === 6 ? 128 : 32))) {
      throw new PlumblineError(
        'invalid',
        'http.network_malformed',
        `"${network.slice(0, 60)}" is not a network such as 10.20.0.0/16`,
      );
    }
    list.addSubnet(address, bits, version === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
