/**
 * The machine and the commit that figures belong to.
 * In: nothing. Out: `Machine`. Never: a host's name.
 */
import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Machine } from './report.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? arch(),
    cores: availableParallelism(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release().split('-')[0]} ${arch()}`,
    node: process.versions.node,
    commit: commit(),
    date: new Date().toISOString().slice(0, 16),
  };
}

function commit(): string {
  const hash = git('rev-parse', '--short', 'HEAD');
  if (hash === '') return 'unknown';
  return git('status', '--porcelain', '--untracked-files=no') === '' ? hash : `${hash}+`;
}

/** Empty where this is no clone, or git is missing. */
function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
