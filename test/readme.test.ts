import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import {
  LOGS_DOC,
  logsFilled,
  OPTIONS_DOC,
  optionsFilled,
  SESSIONS_DOC,
  sessionsFilled,
  WIRE_DOC,
  wireFilled,
} from './support/reference-tables.ts';

test('the reference tables under docs/ are those of the code (npm run docs writes them)', () => {
  for (const [file, filled] of [
    [WIRE_DOC, wireFilled],
    [LOGS_DOC, logsFilled],
    [OPTIONS_DOC, optionsFilled],
    [SESSIONS_DOC, sessionsFilled],
  ] as const) {
    const text = readFileSync(file, 'utf8');
    assert.equal(text === filled(text), true, file);
  }
});

test('every package the product runs with has its reason in docs/architecture.md and its licence in NOTICE', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const notice = readFileSync(new URL('../../NOTICE', import.meta.url), 'utf8');
  const text = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  const reasons = text.slice(text.indexOf('## The packages it needs'), text.indexOf('For development:'));
  for (const name of Object.keys(dependencies)) {
    assert.match(reasons, new RegExp(`(?<![\\w/-])${name}(?![\\w/-])`), `docs/architecture.md: ${name}`);
    assert.match(notice, new RegExp(`^  ${name} `, 'm'), `NOTICE: ${name}`);
  }
});

/** Whether git leaves a file of the repository's folder alone, by the patterns of `.gitignore` that end there; the last one counts. */
function isIgnored(file: string, patterns: readonly string[]): boolean {
  const last = patterns.findLast((pattern) => {
    const glob = pattern.replace(/^!/, '').replace(/^\//, '');
    return new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`).test(file);
  });
  return last !== undefined && !last.startsWith('!');
}

test('what the commands of the documents leave in the folder they are typed in is nothing that git would take', () => {
  const root = new URL('../../', import.meta.url);
  const patterns = readFileSync(new URL('.gitignore', root), 'utf8').split('\n');
  const documents = readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md'));
  const texts = ['README.md', ...documents.map((name) => `docs/${name}`)].map((name) =>
    readFileSync(new URL(name, root), 'utf8'),
  );
  const blocks = texts.flatMap((text) =>
    [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].flatMap(([, language, block]) =>
      language === 'sh' || language === '' ? [block!] : [],
    ),
  );
  const written = blocks.flatMap((block) =>
    [...block.matchAll(/(?:> ?|--out |--key-out )([\w-][\w.-]*\.\w+)/g)].map(([, file]) => file!),
  );
  for (const file of ['vault.key', 'tokens.txt', 'bot.token', 'session.json']) assert.ok(written.includes(file), file);
  for (const file of [...written, 'bot1.state', 'FILE.pem', 'mtproto2json-0.1.0.tgz'])
    assert.ok(isIgnored(file, patterns), file);
  for (const file of ['package.json', 'package-lock.json', 'tsconfig.json', '.oxlintrc.json', 'README.md'])
    assert.ok(!isIgnored(file, patterns), file);
});

test('the commands of package.json may be run as they were built', () => {
  const root = new URL('../../', import.meta.url);
  const { bin } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { bin: Record<string, string> };
  for (const file of Object.values(bin)) assert.equal(statSync(new URL(file, root)).mode & 0o111, 0o111, file);
});

/** Every page a reader may come to first, by its path from the root. */
function pages(): [name: string, text: string][] {
  const root = new URL('../../', import.meta.url);
  const documents = readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md'));
  return ['README.md', ...documents.map((name) => `docs/${name}`)].map((name) => [
    name,
    readFileSync(new URL(name, root), 'utf8'),
  ]);
}

test('a page that types the bare command has said before how it comes onto the PATH', () => {
  const bare = pages().flatMap(([name, text]) => {
    const block = [...text.matchAll(/^```(?:sh)?\n([^]*?)^```$/gm)].find(([, typed]) =>
      /^(?:.*\| )?mtproto2json [a-z]/m.test(typed!),
    );
    return block === undefined ? [] : [{ name, before: text.slice(0, block.index) }];
  });
  assert.ok(bare.length >= 2);
  for (const { name, before } of bare) assert.match(before, /npm install -g .*`npx mtproto2json`/s, name);
});

test('a program in a language that rounds asks for integers as text before anything else; README says why before it', () => {
  const programs = pages().flatMap(([name, text]) =>
    [...text.matchAll(/^```(js|php)\n([^]*?)^```$/gm)]
      .filter(([, , code]) => code!.includes('1543'))
      .map(({ 2: code, index }) => ({ name, code: code!, before: text.slice(0, index) })),
  );
  assert.ok(programs.some(({ name }) => name === 'README.md'));
  for (const { name, code, before } of programs) {
    const asked = code.search(/options\W+int64\W+string/);
    assert.ok(asked >= 0 && asked < code.search(/_cons/), name);
    if (name === 'README.md') assert.match(before, /JavaScript.* round numbers beyond 2\^53[^]*PEER_ID_INVALID/);
  }
});
