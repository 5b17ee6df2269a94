/**
 * Checks the house rules of ARCHITECTURE.md: import directions by dependency-cruiser, and what no
 * import shows by reading. It first proves that the linter saw the files: one that sees none is green.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('src', file));

const CRUISE = z.object({
  modules: z.array(z.object({ source: z.string(), dependencies: z.array(z.object({ resolved: z.string() })) })),
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

function cruise(): readonly string[] {
  const run = spawnSync('npx', ['depcruise', 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  const { modules, summary } = CRUISE.parse(JSON.parse(run.stdout));
  const seen = new Set(modules.map(({ source }) => source));
  const unseen = sources.filter((file) => !seen.has(file));
  const imports = modules.filter(({ source }) => source.startsWith('src/')).flatMap(({ dependencies }) => dependencies);
  return [
    ...unseen.map((file) => `${file}: dependency-cruiser did not visit it`),
    ...(imports.length < sources.length
      ? [`dependency-cruiser saw ${imports.length} imports in ${sources.length} files: its parser does not read them`]
      : []),
    ...summary.violations.map(({ from, to, rule }) => `${from} -> ${to}: rule ${rule.name} of .dependency-cruiser.cjs`),
  ];
}

interface TextRule {
  readonly pattern: RegExp;
  readonly allowed: RegExp;
  readonly says: string;
}

/** What an import cannot show. Tests are free. */
const TEXT_RULES: readonly TextRule[] = [
  {
    pattern: /\bprocess\.env\b/,
    allowed: /^src\/platform\/config\//,
    says: 'process.env is read in platform/config alone',
  },
  {
    pattern:
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|AbortSignal\.timeout\(|\bperformance\./,
    allowed: /^src\/platform\/clock\//,
    says: 'time and chance come from the injected Clock and Random',
  },
  {
    pattern: /\bsql`|\bsql\.raw\(|\.(selectFrom|insertInto|updateTable|deleteFrom)\(/,
    allowed: /\/store(-[a-z-]+)?\.ts$|^src\/platform\/db\//,
    says: 'SQL stands in store.ts',
  },
  { pattern: /\bas any\b|: any\b|<any>|@ts-(ignore|nocheck|expect-error)/, allowed: /^$/, says: 'types are exact' },
];

function read(): readonly string[] {
  return sources
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line, index) => {
          const code = line.replace(/^\s*(\/\/|\*|\/\*).*/, '');
          return TEXT_RULES.filter(({ pattern, allowed }) => pattern.test(code) && !allowed.test(file)).map(
            ({ says }) => `${file}:${index + 1}: ${says}`,
          );
        }),
    );
}

/** The console knows the service through its API alone; its verifiers are tested against the service's. */
function readConsole(): readonly string[] {
  return readdirSync('web/src', { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.test.ts'))
    .map((file) => join('web/src', file))
    .filter((file) => /from '(\.\.\/)+src\//.test(readFileSync(file, 'utf8')))
    .map((file) => `${file}: web imports nothing of src`);
}

const faults = [...cruise(), ...read(), ...readConsole()];
for (const fault of faults) console.error(fault);
console.log(`house: ${sources.length} files checked, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
