/** `mtproto2json scheme …` from its arguments to its output, files and exit codes. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Command, CommanderError } from 'commander';
import { registerScheme } from '../../src/commands/scheme.ts';
import { ownSchemeDir } from '../../src/tl/load.ts';
import type { AddressInfo } from 'node:net';

const dir = mkdtempSync(join(tmpdir(), 'scheme-'));
after(() => rmSync(dir, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
}

interface Ran {
  readonly out: string;
  readonly err: string;
  readonly exitCode: number;
}

async function run(...args: string[]): Promise<Ran> {
  const said = { out: '', err: '', exitCode: 0 };
  const program = new Command('mtproto2json')
    .exitOverride()
    .showHelpAfterError('(--help)')
    .configureOutput({
      writeOut: (text) => (said.out += text),
      writeErr: (text) => (said.err += text),
    });
  registerScheme(program, (text) => (said.out += text));
  try {
    await program.parseAsync(['scheme', ...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    said.exitCode = error.exitCode;
  }
  return said;
}

describe('update', () => {
  it('from the pinned package makes exactly what is committed', async () => {
    const to = join(dir, 'fresh');
    const { out, exitCode } = await run('update', '--dir', to);
    assert.equal(exitCode, 0);
    assert.match(out, /api\.tl: 2415 added, 0 removed, 0 changed, layer 227\n.*mtproto\.tl: 61 added/);
    assert.deepEqual(readdirSync(to).sort(), ['api.tl', 'errors.json', 'mtproto.tl']);
    for (const name of readdirSync(to)) {
      assert.ok(
        readFileSync(join(to, name)).equals(readFileSync(join(ownSchemeDir(), name))),
        `${name} is not what update makes`,
      );
    }
  });

  it('says what changes, and with --dry-run does no more', async () => {
    const old = file('api.tl', 'boolTrue = Bool;\nboolFalse = Bool;\ngone = Gone;\n// LAYER 5\n');
    const source = file('new.tl', 'boolTrue = Bool;\nboolFalse#1 = Bool;\nnull = Null;\n// LAYER 6\n');
    const { out } = await run('update', '--from', source, '--foreign', 'boolFalse', '--dir', dir, '--dry-run');
    const changes = [
      `${old}: 1 added, 1 removed, 1 changed, layer 5 -> 6`,
      '- boolFalse#bc799737 = Bool;',
      '+ boolFalse#00000001 = Bool; // foreign',
      '+ null#56730bcc = Null;',
    ];
    assert.equal(out.startsWith(`${changes.join('\n')}\n- gone#`), true, out);
    assert.match(out, /dry run: nothing written\n$/);
    assert.match(readFileSync(old, 'utf8'), /LAYER 5/);
    await run('update', '--from', source, '--foreign', 'boolFalse', '--dir', dir);
    assert.match(readFileSync(old, 'utf8'), /LAYER 6\n$/);
  });

  it('refuses a wrong number and writes nothing', async () => {
    const source = file('wrong.tl', 'boolTrue#997275b5 = Bool;\nboolFalse#1 = Bool;\n// LAYER 9\n');
    const { err, exitCode } = await run('update', '--from', source, '--dir', join(dir, 'none'));
    assert.equal(exitCode, 1);
    assert.equal(err, `scheme: ${source}:2:1: boolFalse: number 00000001, but the line's CRC-32 is bc799737\n`);
    assert.equal(readdirSync(dir).includes('none'), false);
  });

  it('wants a layer from somewhere, and a sane one', async () => {
    const source = file('none.tl', 'boolTrue = Bool;');
    const unnamed = await run('update', '--from', source, '--dir', dir);
    assert.match(unnamed.err, /none\.tl names no layer: give it with --layer/);
    assert.equal(unnamed.exitCode, 2);
    assert.match((await run('update', '--from', source, '--dir', dir, '--layer', '228')).out, /-> 228/);
    assert.notEqual((await run('update', '--layer', '0')).exitCode, 0);
    assert.notEqual((await run('update', '--layer', 'new')).exitCode, 0);
  });

  it('says in a sentence that a source is not there or no scheme', async () => {
    const missing = await run('update', '--from', join(dir, 'no-such-file'));
    assert.equal(missing.exitCode, 2);
    assert.match(missing.err, /^scheme: ENOENT.*no-such-file'\n$/);
    assert.match(
      (await run('update', '--from', file('bad.json', '{}'))).err,
      /bad\.json:1:1: JSON of neither known form/,
    );
  });

  describe('from a URL', () => {
    const server = createServer((request, answer) => {
      if (request.url === '/api.tl') answer.end('boolTrue = Bool;\n// LAYER 3\n');
      else answer.writeHead(404).end();
    });
    let origin = '';
    before(async () => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => server.close().closeAllConnections());

    it('takes what it gets, and names it in the file', async () => {
      const to = join(dir, 'url');
      assert.equal((await run('update', '--from', `${origin}/api.tl`, '--dir', to)).exitCode, 0);
      assert.equal(readFileSync(join(to, 'api.tl'), 'utf8').split('\n')[1], `// From ${origin}/api.tl.`);
    });

    it('says when it gets nothing', async () => {
      const { err, exitCode } = await run('update', '--from', `${origin}/none`, '--dir', dir);
      assert.deepEqual([exitCode, err], [1, `scheme: ${origin}/none answered 404\n`]);
    });
  });
});

describe('info, check, show', () => {
  it('info: layer, counts and origin', async () => {
    const { out } = await run('info');
    assert.match(out, /^layer {9}227\nconstructors {2}1667\nfunctions {5}808\ntypes {9}\d+\n/);
    assert.match(
      out,
      /from {3}@mtcute\/core 0\.30\.3 \(MIT\), tl\/api-schema\.json\n {2}lines {2}2415 definitions, 2415 numbers equal to the CRC-32 of their line, 0 foreign/,
    );
  });

  it("info of another directory: its own file joined by the project's service lines", async () => {
    const other = mkdtempSync(join(dir, 'other-'));
    writeFileSync(join(other, 'api.tl'), 'boolTrue#997275b5 = Bool;\nodd#1 = Odd;\n');
    const { out } = await run('info', '--scheme', other);
    assert.match(out, /^layer {9}not said\nconstructors {2}51\nfunctions {5}10\n/);
    assert.match(out, /numbers that are not their line's CRC-32: odd\n/);
  });

  it('check: good files', async () => {
    const { out, exitCode } = await run('check', join(ownSchemeDir(), 'api.tl'), join(ownSchemeDir(), 'mtproto.tl'));
    assert.equal(exitCode, 0);
    assert.match(out, /mtproto\.tl: 61 definitions, 58 numbers equal to the CRC-32 of their line, 3 foreign\n$/);
  });

  it('check: every wrong number with its place, then what cannot be', async () => {
    const wrong = file('check.tl', 'boolTrue#1 = Bool;\nboolFalse#2 = Bool;\na x:Foo = A;');
    const { out, err, exitCode } = await run('check', wrong);
    const places = out.split('\n').map((line) => line.slice(wrong.length).split(' ')[0]);
    assert.deepEqual(places, [':1:1:', ':2:1:', ':3:3:', ':', '']);
    assert.deepEqual([exitCode, err], [1, 'scheme: 3 faults\n']);
    assert.match(
      (await run('check', file('cut.tl', 'a#1 = '))).out,
      /cut\.tl:1:7: expected a type, found the end of the file\n/,
    );
  });

  it('a folder or file that is not there is a wrong argument, words that nothing has are not', async () => {
    const none = join(dir, 'not-there');
    for (const args of [
      ['info', '--scheme', none],
      ['show', 'ping', '--scheme', none],
      ['search', 'ping', '--scheme', none],
    ]) {
      const { err, exitCode } = await run(...args);
      assert.equal(exitCode, 2, err);
      assert.ok(err.startsWith(`scheme: --scheme ${none}: there is no api.tl`), err);
    }
    assert.equal((await run('check', none)).exitCode, 2);
    assert.equal((await run('search', 'qqqqzz')).exitCode, 1);
  });

  it('show: by name, from the scheme it is told', async () => {
    const other = mkdtempSync(join(dir, 'show-'));
    writeFileSync(join(other, 'api.tl'), 'odd#00000001 x:int = Odd;\n');
    assert.match(
      (await run('show', 'odd', '--scheme', other)).out,
      /odd#00000001 x:int = Odd;\n\n\{\n {2}"_cons": "odd",\n {2}"x": 1 +\/\/ required, int\n\}/,
    );
    const { err, exitCode } = await run('show', 'oddd');
    assert.deepEqual(
      [exitCode, err],
      [
        2,
        'scheme: no constructor, function or type oddd; `mtproto2json scheme search WORD …` finds names by their parts\n',
      ],
    );
    assert.match((await run('show', 'ping', '--code')).out, /\nfunction e/);
    // Most of it would be code.
    assert.doesNotMatch((await run('show', 'ping')).out, /function e/);
    assert.match((await run('search', 'send', 'message')).out, /^function {5}messages\.sendMessage#/);
    assert.match(
      (await run('show', 'ping', '--scheme', join(dir, 'nowhere'))).err,
      /--scheme .*nowhere: there is no api\.tl/,
    );
    assert.match((await run('show', 'ping', '--scheme', join(dir, 'nowhere'))).err, /ENOENT.*nowhere/);
  });
});
