/**
 * A worker dies at a step of its deliveries that the seed chooses: before or after a statement, before a provider
 * has a message, or when it has it and its answer is lost. What may come twice is known exactly at each death:
 * what a provider had taken and no statement had stored.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Outcome, Outgoing } from '../../../src/features/notifications/channels/channel.ts';
import type { Db } from '../../../src/platform/db/port.ts';
import { mortal } from '../../support/mortal.ts';
import { notifyWorld } from '../../support/notifications.ts';
import { Dice } from '../month/dice.ts';
import { Arrivals, queue, verdictOf } from './truth.ts';

/** Notifications of one run, and how often a worker dies in it. */
const EACH = 40;
const DEATHS = 3;
const LEASE_MS = 180_000;

export const PLACES = ['a statement', 'before a provider had it', 'after a provider had it'] as const;
type Place = (typeof PLACES)[number];

export interface Crashed {
  readonly violations: readonly string[];
  readonly notifications: number;
  readonly lost: number;
  readonly duplicates: number;
  /** Where each death was. */
  readonly deaths: readonly Place[];
}

export async function crashes(db: Db, seed: number): Promise<Crashed> {
  const dice = new Dice(seed, 'deaths of deliveries');
  const world = notifyWorld(db, { random: dice });
  const team = `t${seed}-${randomBytes(3).toString('hex')}`;
  await world.endpoint(team, `-100${seed}`);
  const ids = Array.from({ length: EACH }, (_, nth) => `${team}/${nth}`);
  await queue(
    db,
    team,
    world.clock.now(),
    ids.map((id) => ({ id, dueMs: 0 })),
  );
  const arrived = new Arrivals();
  const mayComeAgain = new Map<string, number>();
  const deaths: Place[] = [];
  const broken: string[] = [];
  for (let death = 0; death < DEATHS; death += 1) {
    const doomed = mortal(db, dice.whole(1, 60));
    let place: Place | undefined;
    const step = (where: Place): void => {
      try {
        doomed.step();
      } catch (error) {
        place ??= where;
        throw error;
      }
    };
    world.channel.behave = ({ messageId }: Outgoing): Outcome => {
      step('before a provider had it');
      arrived.add(messageId);
      step('after a provider had it');
      return { kind: 'delivered' };
    };
    try {
      await world.deliverer({ db: doomed.db, worker: `doomed:${death}` }).run();
    } catch {
      deaths.push(place ?? 'a statement');
      const unstored = await takenAndNotStored(db, team, arrived);
      for (const id of unstored) mayComeAgain.set(id, (mayComeAgain.get(id) ?? 0) + 1);
    }
    await world.clock.advance(LEASE_MS + 1);
  }
  world.channel.behave = ({ messageId }) => {
    arrived.add(messageId);
    return { kind: 'delivered' };
  };
  await world.deliverer().run();
  for (const id of arrived.twice) {
    const may = mayComeAgain.get(id) ?? 0;
    if (arrived.of(id) - 1 > may)
      broken.push(`${id} came ${arrived.of(id)} times, and died ${may} times between its provider and the log`);
  }
  const verdict = await verdictOf(db, team, arrived);
  return {
    violations: [...broken, ...verdict.broken].map((each) => `seed ${seed}: ${each}`),
    ...{ notifications: EACH, lost: verdict.lost, duplicates: arrived.duplicates, deaths },
  };
}

async function takenAndNotStored(db: Db, team: string, arrived: Arrivals): Promise<readonly string[]> {
  const { rows } = await sql<{
    message_id: string;
  }>`SELECT message_id FROM notification_logs WHERE team = ${team} AND status <> 'delivered'`.execute(db.sql);
  return rows.map(({ message_id }) => message_id).filter((id) => arrived.of(id) > 0);
}
