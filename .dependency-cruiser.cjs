/** The house rules of ARCHITECTURE.md, as the linter reads them. Imports run one way. */
const layer = (path) => `^src/${path}/`;
const forbid = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });
/** A driver is imported by its adapter alone. */
const driver = (packages, adapter) =>
  forbid(
    `driver-${adapter.replaceAll('/', '-')}`,
    { path: '^src/', pathNot: `^src/${adapter}` },
    { path: `node_modules/(${packages})(/|$)` },
    `only src/${adapter} imports it`,
  );

module.exports = {
  forbidden: [
    forbid('no-cycles', {}, { circular: true }, 'a cycle has no bottom to start reading from'),
    forbid(
      'kernel',
      { path: layer('kernel') },
      { path: '^src/', pathNot: layer('kernel') },
      'the kernel imports nothing of ours',
    ),
    forbid(
      'kernel-no-packages',
      { path: layer('kernel'), pathNot: '\\.test\\.ts$' },
      { path: 'node_modules' },
      'nor anybody else',
    ),
    forbid(
      'platform',
      { path: layer('platform') },
      { path: '^src/(features|apps|sandbox|main)/' },
      'platform <- features',
    ),
    forbid('features', { path: layer('features') }, { path: '^src/(apps|sandbox|main)/' }, 'features <- apps'),
    forbid(
      'features-apart',
      { path: '^src/features/([^/]+)/' },
      { path: '^src/features/', pathNot: '^src/features/$1/' },
      'a feature declares what it needs in ports.ts; main/compose.ts joins them',
    ),
    forbid(
      'sandbox',
      { path: layer('sandbox') },
      { path: '^src/(features|apps|main)/' },
      'the sandbox is a platform beside ours, not a part of it',
    ),
    forbid(
      'apps',
      { path: layer('apps') },
      { path: '^src/(features|sandbox|main)/' },
      'apps know ports; main brings the features',
    ),
    forbid('main-is-last', { path: '^src/', pathNot: layer('main') }, { path: layer('main') }, 'nothing imports main'),
    forbid(
      'rules-are-pure',
      { path: '^src/features/[^/]+/rules\\.ts$' },
      { pathNot: '^src/kernel/' },
      'rules.ts knows the kernel alone',
    ),
    forbid(
      'source-needs-no-tests',
      { path: '^src/', pathNot: '\\.test\\.ts$' },
      { path: '^(test|bench|scripts)/' },
      'src stands alone',
    ),
    forbid(
      'no-dev-packages',
      { path: '^src/', pathNot: '\\.test\\.ts$' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
      'what src needs is a dependency',
    ),
    driver('pg|@electric-sql', 'platform/db'),
    driver('pg-boss', 'platform/jobs'),
    driver('ioredis', 'platform/cache'),
    driver('@aws-sdk|@smithy', 'platform/objects/s3'),
    driver('undici', 'platform/http-client'),
    driver('@duckdb', 'platform/cold-query'),
    driver('pino|prom-client', 'platform/telemetry'),
    driver('jose', 'platform/identity'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    parser: 'swc',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
