/** The arrows of the architecture: which folder may import which (docs/architecture.md). */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

/** The sources, not the build this test runs from. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * What the files of a folder may import: folders of `src` or one file of them, packages, Node's own.
 * `type x` allows types alone.
 * `*` is for the few that stand above all.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  bytes: ['node:buffer'],
  address: [],
  'errors.ts': [],
  // Whoever refuses a name may ask which was meant.
  'nearest-name.ts': ['leven'],
  'error-text.ts': [],
  'make-folder.ts': ['node:fs', 'node:path'],
  'secret-file.ts': ['node:fs', 'node:path'],
  'node-check.ts': ['node:fs'],
  tl: [
    'error-text.ts',
    'bytes',
    'make-folder.ts',
    'nearest-name.ts',
    'node:crypto',
    'node:fs',
    'node:path',
    'node:url',
    'node:vm',
    'node:zlib',
  ],
  crypto: ['bytes', 'node:crypto', 'node:fs'],
  transport: ['bytes', 'crypto', 'node:zlib'],
  dialect: ['bytes', 'tl', 'errors.ts', 'account/name.ts', 'nearest-name.ts', 'node:module', 'msgpackr'],
  session: [
    'bytes',
    'tl',
    'crypto',
    'transport',
    'dialect/dialect.ts',
    'type dialect',
    'errors.ts',
    'address',
    'account',
    'type batch',
    'batch/attach-records.ts',
    'batch/key-records.ts',
    'batch/name-records.ts',
    'batch/save-records.ts',
    'telemetry/events.ts',
    'node:zlib',
    'node:buffer',
  ],
  account: ['bytes'],
  updates: ['bytes', 'tl/codec.ts', 'tl/opened-object.ts'],
  journal: ['bytes', 'vault/commits.ts', 'vault/rows.ts', 'vault/seal.ts', 'node:crypto'],
  vault: [
    'account',
    'bytes',
    'make-folder.ts',
    'secret-file.ts',
    'lmdb',
    'node:events',
    'node:net',
    'node:crypto',
    'node:fs',
    'node:os',
    'node:path',
  ],
  formats: ['account', 'address', 'bytes', 'node:crypto', 'node:fs', 'node:path'],
  signin: ['client/lines.ts', 'crypto', '@clack', 'uqr', 'node:readline', 'node:stream'],
  batch: ['bytes'],
  // A client of the gateway stands on its wire alone; the scheme tells it what words mean.
  client: ['type tl', 'nearest-name.ts', 'node:net'],
  main: [
    'account/name.ts',
    'batch',
    'error-text.ts',
    'vault',
    'address',
    'telemetry',
    'errors.ts',
    'piscina',
    'socks',
    'node:crypto',
    'node:net',
    'node:os',
    'node:fs',
    'node:perf_hooks',
  ],
  front: [
    'account/name.ts',
    'batch/request-flags.ts',
    'errors.ts',
    'bytes',
    'type main',
    'main/flow/gate.ts',
    'main/clients/read-ahead.ts',
    'main/clients/slow-consumer.ts',
    'telemetry/metrics.ts',
    'node:crypto',
    'node:http',
    'node:net',
  ],
  telemetry: ['errors.ts', 'type batch', 'pino', 'pino-pretty', 'prom-client', 'node:perf_hooks'],
  testdc: [
    'bytes',
    'make-folder.ts',
    'tl',
    'crypto',
    'node:net',
    'node:crypto',
    'node:events',
    'node:readline',
    'node:zlib',
    'node:buffer',
    'node:fs',
    'node:path',
    'node:util',
  ],
  config: [
    ...[
      'address',
      'crypto',
      'main/clients/tokens.ts',
      'nearest-name.ts',
      'secret-file.ts',
      'session',
      'transport',
      'vault',
    ],
    ...['type telemetry', 'node:fs', 'node:os', 'node:path', 'yaml', 'zod'],
  ],
  doctor: [
    ...['address', 'bytes', 'config', 'crypto', 'session', 'tl', 'transport', 'vault'],
    ...['main/links/socks.ts', 'main/limits/descriptors.ts', 'node:fs', 'node:net', 'node:path'],
  ],
  workers: [
    ...['session', 'dialect', 'tl', 'crypto', 'batch', 'bytes', 'address', 'errors.ts', 'telemetry/events.ts'],
    ...['piscina', 'node:crypto'],
  ],
  commands: ['*'],
  'index.ts': ['*'],
  'command-line.ts': ['*'],
  'cli.ts': ['node-check.ts', 'command-line.ts'],
  bin: ['cli.ts'],
};

/** Tighter than the folder: files that alone may have an import of it. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  'tl → node:fs': ['cache.ts', 'load.ts', 'update.ts', 'source.ts', 'source-mtcute.ts', 'source-telegram.ts'],
  'testdc → node:net': ['dc-server.ts'],
  'testdc → node:fs': ['memory-file.ts'],
  'testdc → node:path': ['memory-file.ts'],
  'main → piscina': ['thread.ts'],
  'dialect → msgpackr': ['msgpack.ts'],
};

interface Arrow {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** `dialect/dialect.ts`: for the few arrows that lead to one file of a folder. */
  readonly target: string;
  /** From the root. */
  readonly path: string;
  readonly isType: boolean;
}

/** Import, export-from and dynamic import statements. */
const IMPORT = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;

function arrowsOf(file: string): Arrow[] {
  const path = relative(ROOT, file);
  const source = readFileSync(file, 'utf8');
  return [...source.matchAll(IMPORT)].map(([whole, type, fixed, dynamic]) => {
    const target = fixed ?? dynamic!;
    const own = target.startsWith('.') ? relative(ROOT, join(dirname(file), target)) : undefined;
    const to = own === undefined ? packageOf(target) : place(own);
    return {
      file: path,
      from: place(path),
      to,
      target: own?.replace('src/', '') ?? target,
      path: own ?? target,
      isType: type !== undefined || onlyTypes(whole),
    };
  });
}

/** `import { type A, type B } from` brings nothing at run time. */
function onlyTypes(statement: string): boolean {
  const names = /\{([^}]*)\}/
    .exec(statement)?.[1]
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names !== undefined && names.length > 0 && names.every((name) => name.startsWith('type '));
}

/** `src/tl/parse.ts` → `tl`; `src/cli.ts` → `cli.ts`; `workers/x.ts` → `workers`. */
function place(path: string): string {
  const [top, second] = path.split('/');
  return top === 'src' ? second! : top!;
}

function packageOf(target: string): string {
  return target.startsWith('node:') || !target.includes('/') ? target : target.split('/')[0]!;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('assembly'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function isAllowed({ from, to, target, isType, file }: Arrow): boolean {
  const allowed = ARROWS[from] ?? [];
  const only = ONLY_IN[`${from} → ${to}`];
  if (only !== undefined && !only.some((name) => file.endsWith(`/${name}`))) return false;
  return (
    from === to ||
    allowed.includes('*') ||
    allowed.includes(to) ||
    allowed.includes(target) ||
    (isType && allowed.includes(`type ${to}`))
  );
}

const ALL = [...sources('src'), ...sources('workers')].flatMap(arrowsOf);

test('imports are found at all', () => {
  assert.ok(ALL.length > 100);
  assert.ok(ALL.some(({ from, to, isType }) => from === 'front' && to === 'main' && isType));
  assert.ok(ALL.some(({ from, to }) => from === 'main' && to === 'piscina'));
});

test('every folder of the sources is in the table', () => {
  const unknown = [...sources('src'), ...sources('workers')]
    .map((file) => place(relative(ROOT, file)))
    .filter((from) => !(from in ARROWS));
  assert.deepEqual([...new Set(unknown)], []);
});

test('every import is an arrow of the table', () => {
  const wrong = ALL.filter((arrow) => !isAllowed(arrow)).map(
    ({ file, to, isType }) => `${file} imports ${isType ? 'types of ' : ''}${to}`,
  );
  assert.deepEqual(wrong, []);
});

/**
 * The rooms of a folder, from below: a room imports of its folder only what stands before it. Files that stand beside
 * the rooms and are not named here are above all of them.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  session: [
    ...[
      'settings.ts',
      'known-calls.ts',
      'sink.ts',
      'env.ts',
      'handshake',
      'state',
      'answers',
      'delivery',
      'stored',
      'link',
    ],
    ...['centres', 'attach', 'requests', 'incoming'],
  ],
  main: ['env.ts', 'system-env.ts', 'front.ts', 'limits', 'flow', 'lanes', 'links', 'names', 'sessions', 'clients'],
};

test('a room imports what stands below it', () => {
  const wrong = ALL.filter(({ from, to }) => from === to && from in ROOMS).filter(({ from, file, path }) => {
    const [own, other] = [roomOf(from, file), roomOf(from, path)];
    return own !== other && (other === ABOVE || ROOMS[from]!.indexOf(other) > heightOf(from, own));
  });
  assert.deepEqual(
    wrong.map(({ file, path }) => `${file} imports ${path}`),
    [],
  );
});

test('every room of the table is there', () => {
  for (const [folder, rooms] of Object.entries(ROOMS))
    for (const room of rooms) assert.ok(existsSync(join(ROOT, 'src', folder, room)), `${folder}/${room}`);
});

const ABOVE = '';

/** The room a file is in; of a file beside the rooms its name, or `ABOVE` if the table does not have it. */
function roomOf(folder: string, path: string): string {
  const room = path.split('/')[2]!;
  return ROOMS[folder]!.includes(room) ? room : ABOVE;
}

function heightOf(folder: string, room: string): number {
  return room === ABOVE ? Infinity : ROOMS[folder]!.indexOf(room);
}

test('nobody imports what stands above', () => {
  const above = new Set(['bin', 'cli.ts', 'command-line.ts', 'index.ts', 'commands', 'workers', 'test', 'bench']);
  const mayReach = new Set(['cli.ts', 'command-line.ts', 'index.ts', 'commands', 'workers', 'bin']);
  const wrong = ALL.filter(({ from, to }) => above.has(to) && !mayReach.has(from));
  assert.deepEqual(
    wrong.map(({ file, to }) => `${file} imports ${to}`),
    [],
  );
});

/** Clocks and chance come from outside: tests own them. */
test('the session and what it stands on ask no clock and no chance', () => {
  const pure = ['bytes', 'address', 'tl', 'transport', 'dialect', 'session', 'batch', 'updates'].flatMap((folder) =>
    sources(`src/${folder}`),
  );
  const wrong = pure.filter((file) =>
    /\b(?:Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval|setImmediate)\b/.test(
      withoutComments(file),
    ),
  );
  assert.deepEqual(
    wrong.map((file) => relative(ROOT, file)),
    [],
  );
});

/** The time is told to the main thread too: one file asks for it. */
test('the main thread asks for the time and sets timers in one place', () => {
  const clocks = sources('src/main').filter((file) =>
    /\b(?:Date\.now|new Date\(\)|performance\.now|setTimeout|setInterval)\b/.test(withoutComments(file)),
  );
  assert.deepEqual(
    clocks.map((file) => relative(ROOT, file)),
    ['src/main/system-env.ts'],
  );
});

function withoutComments(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
}

/** A circle is a pile that nobody can read one by one. */
test('no circle of files, imports of types counted', () => {
  const circles = circlesOf(ALL.filter(({ target }) => target.endsWith('.ts')));
  assert.deepEqual(
    circles.map((files) => files.join(' ↔ ')),
    [],
  );
});

/** The strongly connected components of more than one file (Tarjan 1972), by paths from the root. */
function circlesOf(arrows: readonly Arrow[]): string[][] {
  const imports = new Map<string, string[]>();
  for (const { file, path } of arrows) imports.set(file, [...(imports.get(file) ?? []), path]);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file)!, low.get(next)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) circles.push(circle);
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return circles;
}

test('no permission of the table that nobody uses', () => {
  const unused = Object.entries(ARROWS).flatMap(([from, allowed]) =>
    allowed
      .filter((one) => one !== '*' && !ALL.some((arrow) => arrow.from === from && isUse(arrow, one)))
      .map((one) => `${from}: ${one}`),
  );
  assert.deepEqual(unused, []);
});

/** Whether an import needs a permission: one for types is for imports of types alone. */
function isUse({ to, target, isType }: Arrow, permission: string): boolean {
  const name = permission.replace('type ', '');
  return (name === to || name === target) && (name === permission || isType);
}
