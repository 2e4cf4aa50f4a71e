/**
 * `mtproto2json serve`: the gateway as a process.
 * In: the command line. Out: a gateway that runs until a signal. Never: a default of its own; `options.ts` has them.
 */
import type { Command } from 'commander';
import { addOptions } from './add-options.ts';

/** Adds `serve`, the command that options alone mean. What it runs is loaded when it runs. */
export function registerServe(program: Command): void {
  const serve = program.command('serve').description('run the gateway (the default)');
  serve.option('--check', 'check everything and exit, as `doctor` does');
  addOptions(serve).action(async (flags: Record<string, unknown>) => runServe(flags));
}

/** Runs the gateway; with `check`, runs `doctor` instead. @param flags as commander gives them */
export async function runServe(flags: Record<string, unknown>): Promise<void> {
  const { config: file, check, ...given } = flags;
  if (check === true) return (await import('./doctor.ts')).runDoctor({ ...given, config: file });
  const { startGateway } = await import('./gateway.ts');
  await startGateway({ flags: given, environment: process.env, file: file as string | undefined });
}
