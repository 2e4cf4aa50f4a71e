#!/usr/bin/env node
/**
 * The command line: `mtproto2json serve | demo | dc | call | signin | sessions | scheme | bench`.
 * In: arguments. Out: the command's work; exit 0, 1, or 2 with a sentence for what was asked wrongly.
 * Never: loads what the asked command does not need.
 */
import { Command, CommanderError } from 'commander';
import { guard } from './commands/guard.ts';
import { registerServe } from './commands/serve.ts';

/** Runs a command line. @param args without node and script */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('mtproto2json');
  program
    .description('Speaks MTProto for programs that speak JSON.')
    .exitOverride()
    .showHelpAfterError('(--help lists what there is)');
  registerServe(program);
  await registerOthers(program, args);
  // `exitOverride` is not handed down to commands that were made before it, nor to those in other files.
  for (const command of everyCommand(program)) command.exitOverride();
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    process.exitCode = exitCode(error);
  }
}

/** Commands in files of their own, loaded when they are asked for, or when all are listed. */
async function registerOthers(program: Command, args: readonly string[]): Promise<void> {
  const [first] = args;
  const isAsked = (name: string): boolean => first === name || first === '--help' || first === '-h' || first === 'help';
  if (isAsked('demo')) (await import('./commands/demo.ts')).registerDemo(program);
  if (isAsked('call')) (await import('./commands/call.ts')).registerCall(program);
  if (isAsked('signin')) (await import('./commands/signin.ts')).registerSignin(program);
  if (isAsked('dc')) (await import('./commands/dc.ts')).registerDc(program);
  if (isAsked('bench')) (await import('./commands/bench.ts')).registerBench(program);
  if (isAsked('sessions')) (await import('./commands/sessions.ts')).registerSessions(program);
  if (isAsked('scheme')) (await import('./commands/scheme.ts')).registerScheme(program);
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** Commander has written its own text already; ours gets a line each here. */
function exitCode(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    return error.code === 'commander.error' ? error.exitCode : 2;
  }
  const sentences = hasSentences(error) ? error.sentences : [error instanceof Error ? error.message : String(error)];
  for (const sentence of sentences) process.stderr.write(`mtproto2json: ${sentence}\n`);
  return hasSentences(error) ? 2 : 1;
}

/** A ConfigError, without loading `config.ts` for it. */
function hasSentences(error: unknown): error is { readonly sentences: readonly string[] } {
  return error instanceof Error && error.name === 'ConfigError' && 'sentences' in error;
}

guard();
await main(process.argv.slice(2));
