/**
 * Where `scheme update` gets its text: the pinned package, a file, a URL.
 * In: the argument of `--from`. Out: texts with a line that says where they are from.
 * Never: keeps, parses or judges what it got (`tl/source.ts` does).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** A text to make a scheme's file of. */
export interface SourceText {
  readonly fileName: string;
  readonly text: string;
  /** For the head of the file that is made of it. */
  readonly origin: string;
}

/** A scheme is 260 kB; as JSON with comments 2 MB. */
const LARGEST_DOWNLOAD = 32 * 1024 * 1024;
const DOWNLOAD_TIMEOUT_MS = 30_000;

/** `npm`, an http(s) URL, or a path. */
export async function readFrom(from: string): Promise<SourceText[]> {
  if (from === 'npm') return pinnedPackage();
  if (/^https?:\/\//.test(from)) return [await download(from)];
  return [{ fileName: from, text: readFileSync(from, 'utf8'), origin: basename(from) }];
}

/** The development dependency: its API and its service definitions. */
function pinnedPackage(): SourceText[] {
  const dir = pinnedDir();
  const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  return ['api-schema.json', 'mtp-schema.json'].map((file) => ({
    fileName: `${name}/tl/${file}`,
    text: readFileSync(join(dir, 'tl', file), 'utf8'),
    origin: `${name} ${version} (${license}), tl/${file}`,
  }));
}

/** Names and codes of Telegram's RPC errors, from the pinned package, sorted by name; no prose. */
export function pinnedErrors(): Record<string, number> {
  const raw = JSON.parse(readFileSync(join(pinnedDir(), 'tl', 'raw-errors.json'), 'utf8')) as {
    errors: Record<string, { name: string; code: number }>;
  };
  const pairs = Object.values(raw.errors).map(({ name, code }) => [name, code] as const);
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function pinnedDir(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('@mtcute/core'));
  } catch {
    throw new Error('@mtcute/core is not installed: run npm install, or name a file or URL with --from');
  }
}

async function download(url: string): Promise<SourceText> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    parts.push(part);
    length += part.length;
    if (length > LARGEST_DOWNLOAD) throw new Error(`${url} is larger than ${LARGEST_DOWNLOAD} bytes`);
  }
  return { fileName: url, text: Buffer.concat(parts).toString('utf8'), origin: url };
}
