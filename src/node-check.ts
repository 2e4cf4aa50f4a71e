/**
 * Node check: the first thing that a command runs, so that an old Node gets a sentence and not a stack trace.
 * In: the version of this Node, what package.json asks for. Out: undefined, or the sentence.
 * Never: syntax or an import that an old Node does not have; nothing else of this program is loaded before it.
 */
import { readFileSync } from 'node:fs';

/** The package's own description, beside `dist`. */
export function packageText(): string {
  return readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
}

/**
 * What is wrong with a version of Node.
 * @param version such as `20.19.0`; @param wanted the least version as `engines` writes it, such as `>=20.19`
 */
export function nodeComplaint(version: string, wanted: string): string | undefined {
  const least = wanted.replace(/^>=/, '').split('.').map(Number);
  const have = version.split('.').map(Number);
  for (let i = 0; i < least.length; i++) {
    const difference = (have[i] ?? 0) - (least[i] ?? 0);
    if (difference > 0) return undefined;
    if (difference < 0)
      return `mtproto2json needs Node ${least.join('.')} or newer, and this is Node ${version}: install a newer one from https://nodejs.org`;
  }
  return undefined;
}
