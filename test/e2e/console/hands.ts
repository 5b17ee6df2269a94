/** What somebody does with a page of the console, in one look: the words of its own dictionary, and its theme. */
import type { Browser, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Db } from '../../../src/platform/db/port.ts';
import { en } from '../../../web/src/i18n/en.ts';
import { vi } from '../../../web/src/i18n/vi.ts';
import type { TestApp } from '../../support/app.ts';
import { type Console, type Look, openConsole, seriousOf } from '../../support/console.ts';
import type { Platform } from '../../support/ledgered.ts';

export type Words = typeof en;
export const WORDS: Readonly<Record<Look['language'], Words>> = { vi, en };

/** Each language and each theme; the two others as well with PLUMBLINE_TEST_LOOKS=all. */
export const LOOKS: readonly Look[] = [
  { language: 'en', theme: 'dark' },
  { language: 'vi', theme: 'light' },
  ...(process.env.PLUMBLINE_TEST_LOOKS === 'all'
    ? ([
        { language: 'en', theme: 'light' },
        { language: 'vi', theme: 'dark' },
      ] as const)
    : []),
];

export const nameOf = ({ language, theme }: Look): string => `${language}_${theme}`;

/** What the tests share: a service whose platform has four days of reports, and a browser. */
export interface Running {
  readonly browser: Browser;
  readonly service: TestApp;
  readonly db: Db;
  readonly platform: Platform;
  /** Older first. */
  readonly reports: readonly string[];
  /** With a key of all scopes, one for each look. */
  hands(look: Look): Promise<Hands>;
}

export interface Hands {
  readonly ui: Console;
  readonly page: Page;
  readonly look: Look;
  readonly words: Words;
  /** Names what is made in this look. */
  readonly mine: string;
  readonly dialog: Locator;
  press(name: string): Promise<void>;
  /** In the dialog that is open. */
  fill(label: string, text: string): Promise<void>;
  choose(label: string, value: string): Promise<void>;
  submit(name: string): Promise<void>;
  sees(text: string, exact?: boolean): Promise<void>;
  /**
   * Nothing serious by axe, and nothing that the browser complains of.
   * @param wrong statuses of what was refused on purpose
   */
  isClean(wrong?: readonly string[]): Promise<void>;
}

export async function openHands(browser: Browser, url: string, key: string | undefined, look: Look): Promise<Hands> {
  const ui = await openConsole(browser, url, key, look);
  const { page } = ui;
  const dialog = page.getByRole('dialog');
  return {
    ...{ ui, page, look, dialog, words: WORDS[look.language], mine: nameOf(look) },
    press: (name) => page.getByRole('button', { name, exact: true }).first().click(),
    fill: (label, text) => dialog.getByLabel(label, { exact: true }).fill(text),
    choose: async (label, value) => {
      await dialog.getByLabel(label, { exact: true }).selectOption(value);
    },
    submit: (name) => dialog.getByRole('button', { name, exact: true }).click(),
    sees: (text, exact = false) => page.getByText(text, { exact }).first().waitFor(),
    isClean: async (wrong = []) => {
      expect(await seriousOf(page, 'main')).toEqual([]);
      expect(ui.complaints.splice(0).filter((each) => !wrong.some((status) => each.includes(status)))).toEqual([]);
    },
  };
}

/** The main task of a page, done once in each look. */
export type Task = (hands: Hands, running: Running) => Promise<void>;
