/** The other policies, each in a process of its own that nothing happens to. */
import { ProcessClock, type Timeline } from '../../support/timeline.ts';
import { Dice } from './dice.ts';
import { Adapter } from './peers/adapter.ts';
import { Gateway } from './peers/gateway.ts';
import { DataNode } from './peers/node.ts';
import type { Peer } from './peers/peer.ts';
import { Store } from './peers/store.ts';
import type { Scenario } from './scenario.ts';
import { Tally } from './tally.ts';
import type { Weather } from './weather.ts';
import { wire } from './wire.ts';

export interface Contender {
  readonly peer: Peer;
  readonly tally: Tally;
}

export const contendersOf = ({ seed, key }: Scenario, time: Timeline, weather: Weather): readonly Contender[] =>
  [Gateway, Adapter, Store, DataNode].map((Model) => {
    const clock = new ProcessClock(time);
    let calls = 0;
    const http = wire(weather, new Dice(seed, `wire of ${Model.name}`), clock, {
      called: (provider) => {
        if (provider === 'coingecko') calls += 1;
      },
      answered: () => undefined,
    });
    const peer = new Model({ clock, http, key });
    return { peer, tally: new Tally(peer.name, peer.boundMs, () => calls) };
  });
