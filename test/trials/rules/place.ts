/**
 * Place: where in the tree the text of a rule stands now: in the file it names, or in another of the same folder of `src`
 * or of `workers`, since files are moved and renamed.
 * In: a rule. Out: that file. Never: a guess: a text that stands nowhere, or twice, has no place.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rule } from './rule.ts';

/** @returns the file from the root of the tree; undefined if the text has no place */
export function placeOf(root: string, { file, find }: Rule): string | undefined {
  const holds = (name: string): boolean => readFileSync(join(root, name), 'utf8').split(find).length === 2;
  if (existsSync(join(root, file)) && holds(file)) return file;
  const folder = file.startsWith('src/') ? file.split('/', 2).join('/') : file.split('/', 1)[0]!;
  const all = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const places = all.filter((name) => name.endsWith('.ts') && holds(join(folder, name)));
  return places.length === 1 ? `${folder}/${places[0]}` : undefined;
}

/** @returns the folder of `test` that holds the tests of the rule's file */
export function testsOf({ file }: Rule): string {
  const [top, folder] = file.split('/') as [string, string];
  return top === 'src' ? folder : top;
}
