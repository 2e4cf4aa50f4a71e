/** The files of deploy/: what they name exists, what they run runs. Containers and units themselves are not run here. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { loadConfig } from '../src/config/config.ts';
import { foreignVariables } from '../src/config/environment.ts';
import { OPTIONS } from '../src/config/options.ts';
import { freePort } from './support/free-port.ts';
import { noteNotRun } from './support/not-run.ts';
import { CLI, Run } from './support/process.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string): string => readFileSync(join(ROOT, 'deploy', name), 'utf8');

type Environment = Record<string, string>;

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly configs: Readonly<Record<string, { readonly file: string }>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

interface Service {
  readonly build: { readonly context: string; readonly dockerfile: string };
  readonly read_only: boolean;
  readonly user: string;
  readonly ports: readonly string[];
  readonly environment: Environment;
  readonly configs: readonly { readonly source: string; readonly target: string }[];
  readonly secrets: readonly string[];
  readonly volumes: readonly string[];
}

const UNIT = read('mtproto2json.service');
const DOCKERFILE = read('Dockerfile').replaceAll(/ \\\n\s*/g, ' ');
const COMPOSE = parse(read('compose.yaml')) as Compose;
const SERVICE = COMPOSE.services['mtproto2json']!;

/** Values of one setting of the unit. */
function settings(name: string): string[] {
  return [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((found) => found[1]!);
}

/** `NAME=value` words as an environment. */
function environmentOf(words: readonly string[]): Environment {
  return Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
}

const UNIT_ENVIRONMENT = environmentOf(settings('Environment'));
const IMAGE_ENVIRONMENT = environmentOf(/^ENV (.*)$/m.exec(DOCKERFILE)![1]!.split(' '));

/** A folder with a key and a token, each under the name it has in deploy/. */
function secretsIn(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'vault.key'), `${'5a'.repeat(32)}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'tokens'), 'a-token\n', { mode: 0o600 });
  return folder;
}

/** The same environment, with the folders of this test in place of those of the machine it is for. */
function here(environment: Environment, folders: Readonly<Record<string, string>>): Environment {
  const moved = (value: string): string =>
    Object.entries(folders).reduce((text, [from, to]) => text.replace(from, to), value);
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, moved(value)]));
}

test('every option that deploy/ names exists, and its file of options is taken', () => {
  for (const environment of [UNIT_ENVIRONMENT, IMAGE_ENVIRONMENT, SERVICE.environment]) {
    assert.ok(Object.keys(environment).some((name) => name.startsWith('MTPROTO2JSON_')));
    assert.deepEqual(foreignVariables(environment), []);
  }
  const file = join(ROOT, 'deploy/config.yaml');
  const config = loadConfig({ flags: {}, environment: {}, file });
  const names = Object.keys(parse(readFileSync(file, 'utf8')) as object);
  assert.deepEqual(
    names.filter((name) => !OPTIONS.some((option) => option.name === name)),
    [],
  );
  assert.equal(String(config.httpPort), IMAGE_ENVIRONMENT['MTPROTO2JSON_HTTP_PORT']);
});

test('the unit: systemd understands it, and its first step finds nothing wrong', async (t) => {
  const folder = secretsIn(t);
  assert.deepEqual(settings('LoadCredential'), ['vault.key:/etc/mtproto2json/vault.key']);
  const commands = [...settings('ExecStartPre'), ...settings('ExecStart')].map((line) => line.split(' '));
  assert.deepEqual(
    commands.map(([program]) => program),
    ['/usr/local/bin/mtproto2json', '/usr/local/bin/mtproto2json'],
  );
  assert.equal(commands[1]![1], 'serve');
  const folders = { '%S/mtproto2json': folder, '%d': folder, '/etc/mtproto2json': join(ROOT, 'deploy') };
  const check = new Run(
    t,
    [...commands[0]!.slice(1), '--port', '0', '--http-port', '0'],
    here(UNIT_ENVIRONMENT, folders),
  );
  assert.equal(await check.code(), 0, check.out + check.err);
  assert.match(check.out, /^ok +api_id /m);
  if (spawnSync('systemd-analyze', ['--version']).status !== 0)
    return noteNotRun(t, 'systemd-analyze verify of the unit: there is no systemd-analyze');
  const unit = join(folder, 'mtproto2json.service');
  writeFileSync(unit, UNIT.replaceAll('/usr/local/bin/mtproto2json', `${process.execPath} ${CLI}`));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
});

test('the compose file: what a service uses is declared, its root is read-only, it is no root, its ports are this machine’s', (t) => {
  assert.deepEqual([SERVICE.read_only, SERVICE.user], [true, 'node']);
  for (const secret of SERVICE.secrets) assert.ok(secret in COMPOSE.secrets, secret);
  for (const { source } of SERVICE.configs) assert.ok(existsSync(join(ROOT, 'deploy', COMPOSE.configs[source]!.file)));
  const [volume, inside] = SERVICE.volumes[0]!.split(':');
  assert.ok(Object.hasOwn(COMPOSE.volumes, volume!));
  assert.match(DOCKERFILE, new RegExp(`^VOLUME ${inside}$`, 'm'));
  assert.ok(IMAGE_ENVIRONMENT['MTPROTO2JSON_VAULT']!.startsWith(`${inside}/`));
  assert.ok(existsSync(join(ROOT, 'deploy', SERVICE.build.context, SERVICE.build.dockerfile)));
  const exposed = /^EXPOSE (.*)$/m.exec(DOCKERFILE)![1]!.split(' ');
  assert.deepEqual(
    SERVICE.ports,
    exposed.map((port) => `127.0.0.1:${port}:${port}`),
  );
  assert.deepEqual(exposed, [
    String(OPTIONS.find(({ name }) => name === 'port')!.fallback),
    IMAGE_ENVIRONMENT['MTPROTO2JSON_HTTP_PORT'],
  ]);
  assert.match(DOCKERFILE, /^USER node$/m);
  noteNotRun(t, 'deploy/Dockerfile and deploy/compose.yaml were read, not built: no test starts containers');
});

test('the secrets that lie beside the compose file get into neither git, nor the package, nor the image', () => {
  const secrets = Object.values(COMPOSE.secrets).map(({ file }) => `deploy/${file}`);
  assert.deepEqual(secrets, ['deploy/vault.key', 'deploy/tokens']);
  const linesOf = (name: string): string[] => readFileSync(join(ROOT, name), 'utf8').split('\n');
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
  for (const secret of secrets) {
    assert.ok(linesOf('.gitignore').includes(`/${secret}`), secret);
    assert.ok(linesOf('deploy/Dockerfile.dockerignore').includes(secret), secret);
  }
  // One by one: a folder would be packed with whatever lies in it, and the image is made of the package.
  const others = readdirSync(join(ROOT, 'deploy'), { withFileTypes: true })
    .map(({ name }) => `deploy/${name}`)
    .filter((name) => !secrets.includes(name));
  assert.deepEqual(files.filter((name) => name.startsWith('deploy')).toSorted(), others.toSorted());
});

test('with the environment of the container it serves, and the health check says so, and when not', async (t) => {
  const folder = secretsIn(t);
  const folders = {
    '/run/secrets': folder,
    '/etc/mtproto2json': join(ROOT, 'deploy'),
    '/var/lib/mtproto2json': folder,
  };
  const own = { MTPROTO2JSON_HOST: '127.0.0.1', MTPROTO2JSON_HTTP_PORT: String(await freePort()) };
  const environment = { ...here({ ...IMAGE_ENVIRONMENT, ...SERVICE.environment }, folders), ...own };
  const [, line] = /^HEALTHCHECK .*? CMD (\[.*\])$/m.exec(DOCKERFILE)!;
  const [program, ...args] = JSON.parse(line!) as string[];
  assert.equal(program, 'node');
  const health = (): number | null => spawnSync(process.execPath, args, { env: environment }).status;
  assert.equal(health(), 1);
  const [command] = JSON.parse(/^CMD (\[.*\])$/m.exec(DOCKERFILE)![1]!) as string[];
  const run = new Run(t, [command!, '--port', '0', '--workers', '1'], environment);
  await run.until(/"event":"listening for HTTP"/);
  await run.port();
  let status = health();
  while (status !== 0) status = health();
  assert.match(run.err, /\(sealed by a key\)/);
  assert.match(run.err, /"apiId":"set"/);
});
