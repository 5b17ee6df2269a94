/** The settings reference, generated, so that it cannot differ from what is read. */
import type { Setting } from './setting.ts';
import { SETTINGS } from './settings.ts';

export function settingsReference(): string {
  const rows = Object.entries<Setting<unknown>>(SETTINGS).map(([name, setting]) => {
    const names = setting.secret === true ? `\`${name}\`, \`${name}_FILE\`` : `\`${name}\``;
    const fallback = setting.fallback === undefined ? '' : `\`${setting.fallback}\``;
    const cells = [
      names,
      `${setting.about}${setting.secret === true ? ' Secret.' : ''}`,
      setting.expected,
      fallback,
      `\`${setting.example}\``,
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [
    '# Settings',
    '',
    'Environment variables; an empty one counts as absent. A secret can be given as a file instead, by',
    '`NAME_FILE`. `plumbline config check` reports every fault at once.',
    '',
    '| name | what it is | expected | default | example |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
