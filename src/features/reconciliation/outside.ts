/** What others say: a service, a chain's nodes, a bank's statement. */
import type { BusinessDate } from '../../kernel/business-date.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { FileReader } from '../../platform/files/port.ts';
import type { HttpBytesClient, HttpClient } from '../../platform/http-client/port.ts';
import type { Readable } from './book.ts';
import { readHttpLine } from './http-line.ts';
import type { Reading } from './ports.ts';
import { readStatement } from './sources/statements/read.ts';
import { readWallet } from './sources/wallets/read.ts';

export interface OutsideDeps {
  readonly http: HttpClient & HttpBytesClient;
  readonly clock: Clock;
  readonly files: FileReader;
  /** Milliseconds that one question may take, a query of the book or one to somebody else. */
  readonly queryTimeoutMs: number;
}

export interface When {
  readonly date: BusinessDate;
  readonly zone: string;
  /** The end of the date, where that has come and all can be read as of it. */
  readonly cut: Date | undefined;
}

/** By line; those that are queries are not among them. */
export async function readOutside(
  { queryTimeoutMs: timeoutMs, ...deps }: OutsideDeps,
  lines: readonly Readable[],
  { cut, ...day }: When,
): Promise<ReadonlyMap<string, Reading>> {
  const read = async ({ currency, source }: Readable): Promise<Reading | undefined> => {
    switch (source.kind) {
      case 'sql':
        return undefined;
      case 'http':
        return await readHttpLine(deps.http, { currency }, source, timeoutMs);
      case 'wallet':
        return await readWallet({ ...deps, timeoutMs }, source.wallet, currency, { cut });
      case 'statement':
        return await readStatement({ ...deps, timeoutMs }, source.statement, currency, day);
    }
  };
  const readings = await Promise.all(lines.map(async (line) => [line.id, await read(line)] as const));
  return new Map(readings.flatMap(([id, reading]) => (reading === undefined ? [] : [[id, reading]])));
}
