/** The configuration: order of sources, all errors at once, secrets in files. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type Config, ConfigError, loadConfig } from '../../src/config/config.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { PRODUCTION_KEY } from '../../src/crypto/rsa.ts';
import { toSessionSettings } from '../../src/config/session-settings.ts';

function load(flags: Record<string, unknown> = {}, environment: Record<string, string> = {}, file?: string): Config {
  return loadConfig({ flags, environment, file });
}

function errorsOf(...sources: Parameters<typeof load>): readonly string[] {
  try {
    load(...sources);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.sentences;
  }
  return [];
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('the defaults', () => {
  const config = load();
  assert.deepEqual(
    [config.host, config.port, config.transport, config.maxLine, config.allowServer, config.dc],
    ['localhost', 1543, 'intermediate', 4_194_304, [], undefined],
  );
  assert.ok(Object.isFrozen(config));
});

test('flags beat environment beat file beat defaults', (t) => {
  const file = join(folder(t), 'config.yaml');
  writeFileSync(file, 'port: 1001\nlog-level: debug\nmaxLine: 5000\nallow-server: [any, 127.0.0.1:4430]\n');
  const config = load(
    { port: '1003' },
    { MTPROTO2JSON_PORT: '1002', MTPROTO2JSON_LOG_LEVEL: 'warn', MTPROTO2JSON_TEST: '1' },
    file,
  );
  assert.deepEqual(
    [config.port, config.logLevel, config.maxLine, config.test, config.allowServer],
    [1003, 'warn', 5000, true, ['any', '127.0.0.1:4430']],
  );
  assert.equal(load({}, { MTPROTO2JSON_CONFIG: file }).port, 1001);
});

test('a JSON file', (t) => {
  const file = join(folder(t), 'config.json');
  writeFileSync(file, '{"dcHost":"127.0.0.1","insecure":true}');
  assert.match(errorsOf({}, {}, file).join(), /--dc-host needs --dc-port/);
});

test('all errors at once, each with its place', (t) => {
  const file = join(folder(t), 'config.yaml');
  writeFileSync(file, 'potr: 1\ntransport: carrier-pigeon\n');
  const sentences = errorsOf({ port: '70000', allowServer: ['localhost:1'] }, { MTPROTO2JSON_WORKERS: 'two' }, file);
  assert.deepEqual(sentences.toSorted(), [
    '--allow-server: expected host:port, a CIDR, or any, with hosts as IP literals, got ["localhost:1"]',
    '--port: expected a whole number from 0 to 65535, got "70000"',
    'MTPROTO2JSON_WORKERS in the environment: expected a whole number from 1 to 256, got "two"',
    `potr in ${file} is not an option; did you mean port?`,
    `transport in ${file}: expected one of intermediate, abridged, padded, full, got "carrier-pigeon"`,
  ]);
});

test('files that are no configuration', (t) => {
  const file = join(folder(t), 'config.yaml');
  assert.match(errorsOf({}, {}, file)[0]!, /^--config: .* cannot be read: ENOENT/);
  writeFileSync(file, '- a\n');
  assert.match(errorsOf({}, {}, file)[0]!, /^--config: .* is not a map of options/);
  writeFileSync(file, '{"a":');
  assert.match(errorsOf({}, {}, file)[0]!, /cannot be read/);
});

test('what is wrong together', () => {
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ dc: 2, dcHost: '127.0.0.1', dcPort: 1, dcKey: '/nowhere' }, /give --dc [^]* or --dc-host [^]*, not both/],
    [{ dcHost: '127.0.0.1' }, /needs --dc-port[^]*needs --dc-key/],
    [{ dcId: 3 }, /need --dc-host/],
    [{ host: '0.0.0.0' }, /--host 0\.0\.0\.0 can be reached from beyond this machine/],
    [{ host: '::' }, /beyond this machine/],
    [{ httpPort: 1543 }, /--http-port and --port must differ/],
    [
      { dcHost: '127.0.0.1', dcPort: 1, dcKey: '/nowhere/key.pem' },
      /--dc-key: \/nowhere\/key\.pem cannot be read \(ENOENT\)/,
    ],
  ];
  for (const [flags, sentence] of wrong) assert.match(errorsOf(flags).join('\n'), sentence);
  assert.deepEqual(errorsOf({ host: '0.0.0.0', insecure: true }), []);
});

test('a token file opens an address beyond this machine, if nobody else can write it', (t) => {
  const inside = folder(t);
  const file = join(inside, 'tokens');
  writeFileSync(file, 'secret\n', { mode: 0o600 });
  const warnings: string[] = [];
  const text = (): string | undefined => {
    const warn = (sentence: string): void => void warnings.push(sentence);
    return loadConfig({ flags: { host: '0.0.0.0', tokenFile: file }, environment: {}, file: undefined, warn })
      .tokenText;
  };
  assert.equal(text(), 'secret\n');
  assert.deepEqual(warnings, []);
  chmodSync(inside, 0o755);
  chmodSync(file, 0o444);
  assert.equal(text(), 'secret\n', 'as a secret of Docker or Kubernetes is');
  assert.match(warnings.join('|'), /^--token-file: .*tokens can be read by others \(0444\); chmod it to 0600$/);
  chmodSync(file, 0o662);
  assert.match(
    errorsOf({ host: '0.0.0.0', tokenFile: file }).join(),
    /--token-file: .* can be written by others \(0662\)/,
  );
  chmodSync(file, 0o600);
  for (const nothing of ['\n', '# none yet\n']) {
    writeFileSync(file, nothing);
    assert.match(errorsOf({ tokenFile: file }).join(), /holds no token/);
  }
});

test('seconds that a named session stays open: 60, from every source, from none to a day', (t) => {
  const file = join(folder(t), 'config.yaml');
  writeFileSync(file, 'linger: 5\n');
  const environment = { MTPROTO2JSON_LINGER: '86400' };
  assert.deepEqual(
    [load().linger, load({}, {}, file).linger, load({}, environment, file).linger, load({ linger: '0' }).linger],
    [60, 5, 86_400, 0],
  );
  for (const wrong of ['86401', '-1', '1.5', 'a minute', ''])
    assert.deepEqual(errorsOf({ linger: wrong }), [
      `--linger: expected a whole number from 0 to 86400, got ${JSON.stringify(wrong)}`,
    ]);
});

test('every option of the table has a place in the schema, and a sentence about a wrong value', () => {
  for (const option of OPTIONS) {
    const sentences = errorsOf({ [option.name]: { not: 'this' } });
    assert.ok(
      sentences.some((sentence) => sentence.includes(option.expects)),
      option.name,
    );
  }
});

test('settings of the lanes: built-in data centres', () => {
  const settings = toSessionSettings(load({ dc: '4', int64: 'string', flags: 'bool' }));
  assert.deepEqual(settings.home, { id: 4, test: false });
  assert.deepEqual(settings.style, { int64AsString: true, flagsAsBool: true });
  assert.equal(settings.init, undefined);
  assert.deepEqual(
    settings.dataCentres.find(({ id, test }) => id === 2 && !test),
    { id: 2, host: '149.154.167.51', port: 443, test: false },
  );
  assert.deepEqual(toSessionSettings(load({ test: true })).home, { id: 2, test: true });
  assert.throws(() => toSessionSettings(load({ test: true, dc: 5 })), /there is no such data centre for tests/);
});

test('settings of the lanes: a server of one’s own, and init', (t) => {
  const file = join(folder(t), 'key.pem');
  writeFileSync(file, PRODUCTION_KEY.pem);
  const own = { dcHost: '127.0.0.1', dcPort: '4430', dcKey: file };
  const settings = toSessionSettings(load({ ...own, dcId: '7', apiId: '6', langPack: 'x' }));
  assert.deepEqual(settings.home, { id: 7, test: false });
  assert.deepEqual(settings.dataCentres[0], { id: 7, host: '127.0.0.1', port: 4430, test: false, isOperators: true });
  assert.equal(settings.rsaKeys[0]!.trim(), PRODUCTION_KEY.pem.trim());
  const init = JSON.parse(settings.init!) as Record<string, unknown>;
  assert.deepEqual(Object.keys(init), [
    'api_id',
    'device_model',
    'system_version',
    'app_version',
    'system_lang_code',
    'lang_pack',
    'lang_code',
  ]);
  assert.equal(init['api_id'], 6);
  writeFileSync(file, 'no key');
  assert.throws(() => toSessionSettings(load(own)), /--dc-key: .* is not an RSA public key/);
});

test('what is in the environment for signin hinders no other command', () => {
  const names = ['API_HASH', 'PHONE', 'PASSWORD', 'BOT_TOKEN', 'VAULT_KEY', 'VAULT_PASSPHRASE'];
  const environment = Object.fromEntries(names.map((name) => [`MTPROTO2JSON_${name}`, 'x']));
  assert.ok(!Object.values(loadConfig({ flags: {}, environment, file: undefined })).includes('x'));
});
