/** How the providers are doing at this instant of the month, and what each would answer. */
import { type Answer, type Asked, answerOf } from '../../../src/sandbox/providers/answers.ts';
import type { Fault, ProviderName } from '../../../src/sandbox/providers/faults.ts';
import type { Timeline } from '../../support/timeline.ts';
import type { Providers } from './providers.ts';
import type { Episode, Outage, Trouble } from './trouble.ts';

export interface Condition {
  readonly fault: Fault;
  /** It answers in time, with what it honestly knows. */
  readonly honest: boolean;
  /** What it says, whenever that comes, can be read as a rate. */
  readonly legible: boolean;
  /** It says what can be believed and is not true. */
  readonly untrue: boolean;
}

export interface WeatherAnswer {
  readonly answer: Answer;
  readonly condition: Condition;
  /** True time of what it tells. */
  readonly knownAt: number;
}

const WELL: Condition = { fault: { kind: 'none' }, honest: true, legible: true, untrue: false };
/** A slower answer may come too late. */
const IN_TIME_MS = 900;

export class Weather {
  readonly #time: Timeline;
  readonly #providers: Providers;
  readonly #episodes = new Map<ProviderName, Episode>();
  readonly #outages = new Set<Outage>();
  readonly #listeners: ((provider: ProviderName) => void)[] = [];

  constructor(time: Timeline, providers: Providers, { episodes, outages }: Trouble) {
    this.#time = time;
    this.#providers = providers;
    for (const episode of episodes) {
      time.at(episode.from, () => this.#change(episode.provider, () => this.#episodes.set(episode.provider, episode)));
      time.at(episode.until, () => this.#change(episode.provider, () => this.#episodes.delete(episode.provider)));
    }
    for (const outage of outages) {
      const change = (begins: boolean) => () => {
        if (begins) this.#outages.add(outage);
        else this.#outages.delete(outage);
        for (const provider of outage.providers) this.#change(provider, () => undefined);
      };
      time.at(outage.from, change(true));
      time.at(outage.until, change(false));
    }
  }

  /** Told after the condition of a provider has changed. */
  onChange(listener: (provider: ProviderName) => void): void {
    this.#listeners.push(listener);
  }

  conditionOf(provider: ProviderName): Condition {
    for (const { providers, fault } of this.#outages) {
      if (providers.includes(provider)) return { fault, honest: false, legible: false, untrue: false };
    }
    const episode = this.#episodes.get(provider);
    if (episode === undefined) return WELL;
    const { fault, untrue } = episode;
    const slow = fault.kind === 'slow';
    return { fault, untrue, legible: untrue || slow, honest: slow && fault.ms <= IN_TIME_MS };
  }

  answerOf(provider: ProviderName, asked: Asked): WeatherAnswer {
    const condition = this.conditionOf(provider);
    const episode = condition.untrue ? this.#episodes.get(provider) : undefined;
    const at = condition.fault.kind === 'frozen' ? (episode?.from ?? this.#time.now) : this.#time.now;
    const knowledge = this.#providers.knowledgeOf(provider, at, episode?.bentAt?.(this.#time.now));
    return { answer: answerOf(provider, asked, knowledge, condition.fault), condition, knownAt: knowledge.now };
  }

  #change(provider: ProviderName, change: () => void): void {
    change();
    for (const listener of this.#listeners) listener(provider);
  }
}
