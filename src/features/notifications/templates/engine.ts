/**
 * Templates in Liquid (https://liquidjs.com), with nothing that a template should not have: no files, no
 * unknown variables or filters, and bounds on what rendering may cost. Escaping is the engine's: in HTML every
 * value is escaped unless the template itself says otherwise, which is refused.
 */
import { Liquid, type Template } from 'liquidjs';
import type { Json } from '../../../kernel/canonical.ts';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { printable } from '../../../kernel/text.ts';

export interface TemplateText {
  readonly subject: string;
  readonly body: string;
  /** Of a mail, beside its text. */
  readonly html: string | null;
}

export interface Rendered {
  readonly subject: string;
  readonly text: string;
  readonly html: string | undefined;
}

/** Nothing can be included: a template is one text. */
const NO_FILES = {
  exists: async () => false,
  existsSync: () => false,
  readFile: async () => '',
  readFileSync: () => '',
  resolve: () => '',
};

const BOUNDS = { parseLimit: 50_000, renderLimit: 200, memoryLimit: 2_000_000 };
const COMMON = {
  ...BOUNDS,
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  fs: NO_FILES,
  relativeReference: false,
};

const plain = new Liquid(COMMON);
const escaped = new Liquid({ ...COMMON, outputEscape: 'escape' });

/** Tags and filters that reach outside of a template, or take the escaping away. */
const FORBIDDEN = /\{%-?\s*(include|render|layout|block)\b|\|\s*raw\b/;

const MAX_SUBJECT = 200;
const MAX_TEXT = 20_000;

/**
 * @throws `notifications.template_invalid` (invalid): what is wrong and where; an unknown variable, too
 */
export function render(template: TemplateText, values: { readonly [name: string]: Json }): Rendered {
  const subject = one('subject', plain, template.subject, values).replaceAll(/\s+/g, ' ').trim().slice(0, MAX_SUBJECT);
  const text = one('body', plain, template.body, values).slice(0, MAX_TEXT);
  const html = template.html === null ? undefined : one('html', escaped, template.html, values).slice(0, 4 * MAX_TEXT);
  return { subject, text, html };
}

function one(
  field: keyof TemplateText,
  engine: Liquid,
  source: string,
  values: { readonly [name: string]: Json },
): string {
  if (FORBIDDEN.test(source))
    throw invalid(field, 'include, render, layout, block and the filter raw are not to be had');
  try {
    const made: unknown = engine.renderSync(parsed(engine, source), values);
    return printable(String(made), 4 * MAX_TEXT);
  } catch (error) {
    throw invalid(field, messageOf(error).split('\n')[0] ?? 'it cannot be rendered');
  }
}

/** Parsing is the dearer half: what is said often is parsed once. */
const known = new Map<Liquid, Map<string, Template[]>>([
  [plain, new Map()],
  [escaped, new Map()],
]);
const MOST_KNOWN = 500;

function parsed(engine: Liquid, source: string): Template[] {
  const templates = known.get(engine);
  const before = templates?.get(source);
  if (before !== undefined) return before;
  const made = engine.parse(source);
  if (templates !== undefined && templates.size >= MOST_KNOWN) templates.clear();
  templates?.set(source, made);
  return made;
}

const invalid = (field: keyof TemplateText, why: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'notifications.template_invalid',
    `the ${field} of the template: ${printable(why, 300)}`,
    {
      faults: [{ pointer: `/${field}`, message: printable(why, 300) }],
    },
  );
