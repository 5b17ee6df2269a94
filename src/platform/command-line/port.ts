/** What a feature's commands.ts gets: the API, in this process or in another, and a way to answer. */
import type { Command } from 'commander';
import type { Json } from '../../kernel/canonical.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Method } from '../http-client/port.ts';

export interface ApiClient {
  /**
   * Calls the HTTP API and answers with the JSON of a 2xx.
   * @throws the problem of any other status, as the error that it was
   */
  call(method: Method, path: string, body?: Json): Promise<unknown>;
  /** As `call` with GET, for answers that are text, such as CSV. */
  text(path: string): Promise<string>;
}

/** What a command shows: the value with --json, else the lines for people. */
export interface Shown {
  readonly value: unknown;
  readonly lines: readonly string[];
}

export interface CommandContext {
  /** Connects on first use: help and usage errors need no database. */
  api(): Promise<ApiClient>;
  /** With --json the value as one line of JSON, else the lines for people. */
  answer(value: unknown, lines: () => readonly string[]): void;
  /**
   * Answers again and again, every `everyMs`, until it was done `times` times or somebody interrupts: in a
   * terminal each answer takes the place of the one before.
   */
  watch(look: () => Promise<Shown>, everyMs: number, times: number): Promise<void>;
  readonly clock: Clock;
  /** For people, at once, whatever comes after: progress and long-running commands. */
  print(text: string): void;
  /** What the process ends with when nothing else fails. Scripts rely on it: docs/reference/cli.md. */
  exitCode(code: number): void;
}

export type RegisterCommands = (program: Command, context: CommandContext) => void;
