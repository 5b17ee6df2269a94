/** The addresses that a key may be used from: single ones and networks (CIDR), IPv4 and IPv6. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { PlumblineError } from '../../kernel/errors.ts';

export interface AddressList {
  includes(address: string): boolean;
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** @throws `access.address_malformed` (invalid), naming the place in the list */
export function parseAddresses(texts: readonly string[]): AddressList {
  const list = new BlockList();
  for (const [at, text] of texts.entries()) add(list, text, at);
  return {
    includes: (address) => {
      const plain = MAPPED.exec(address)?.[1] ?? address.replace(/%.*$/, ''); // a zone is no part of an address
      return isIPv4(plain) ? list.check(plain, 'ipv4') : isIPv6(plain) && list.check(plain, 'ipv6');
    },
  };
}

function add(list: BlockList, text: string, at: number): void {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) && !address.includes('%') ? 'ipv6' : undefined;
  const most = family === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? most : /^(0|[1-9]\d{0,2})$/.test(bits) ? Number(bits) : Number.NaN;
  if (family !== undefined && more.length === 0 && prefix <= most) {
    list.addSubnet(address, prefix, family);
    return;
  }
  throw new PlumblineError(
    'invalid',
    'access.address_malformed',
    `addresses/${at}: "${text.slice(0, 60)}" is neither an address nor a network; for example 10.0.0.0/8 or 2001:db8::/32`,
    { faults: [{ pointer: `/addresses/${at}`, message: 'must be an IPv4 or IPv6 address, or a network in CIDR' }] },
  );
}
