/**
 * The command line: `mtproto2json serve | demo | dc | call | repl | signin | sessions | scheme | bench | completion | version`.
 * In: arguments. Out: the command's work; exit 0, 1, or 2 with a sentence for what was asked wrongly.
 * Never: loads what the asked command does not need.
 */
import { errorText } from './error-text.ts';
import { Command, CommanderError } from 'commander';
import { guard } from './commands/guard.ts';
import { narrowHelp } from './commands/narrow-help.ts';
import { registerServe } from './commands/serve.ts';
import { foreignVariables } from './config/environment.ts';
import { packageText } from './node-check.ts';

/** Words that print the version, for which no command is loaded. */
const VERSIONS = ['version', '--version', '-V'];
const OTHERS = ['demo', 'call', 'repl', 'signin', 'dc', 'bench', 'sessions', 'scheme', 'doctor'];

/** Runs a command line; `process.exitCode` says how it went. @param args without node and script */
export async function run(args: readonly string[]): Promise<void> {
  guard();
  const program = narrowHelp(new Command('mtproto2json'));
  program
    .description('Speaks MTProto for programs that speak JSON.')
    .version(version(), '-V, --version', 'the version of this program')
    .hook('preAction', passOverForeign)
    .exitOverride()
    .showHelpAfterError('(--help lists commands and options)');
  program.command('version').description('the version of this program').action(sayVersion);
  registerServe(program);
  await registerOthers(program, args);
  // `exitOverride` is not handed down to commands that were made before it, nor to those in other files.
  for (const command of everyCommand(program)) command.exitOverride();
  try {
    await program.parseAsync(withCommand(args), { from: 'user' });
  } catch (error) {
    process.exitCode = exitCode(error);
  }
}

/** Commands in files of their own, loaded when they are asked for, or when all are listed. */
async function registerOthers(program: Command, args: readonly string[]): Promise<void> {
  const [first = ''] = withCommand(args);
  // A name that is none is compared with all there are.
  const isForAll = first !== 'serve' && !OTHERS.includes(first) && !VERSIONS.includes(first);
  const isAsked = (name: string): boolean => first === name || isForAll;
  if (isAsked('demo')) (await import('./commands/demo.ts')).registerDemo(program);
  if (isAsked('call')) (await import('./commands/call.ts')).registerCall(program);
  if (isAsked('repl')) (await import('./commands/repl.ts')).registerRepl(program);
  if (isAsked('signin')) (await import('./commands/signin.ts')).registerSignin(program);
  if (isAsked('dc')) (await import('./commands/dc.ts')).registerDc(program);
  if (isAsked('bench')) (await import('./commands/bench.ts')).registerBench(program);
  if (isAsked('sessions')) (await import('./commands/sessions.ts')).registerSessions(program);
  if (isAsked('doctor')) (await import('./commands/doctor.ts')).registerDoctor(program);
  if (isAsked('scheme')) (await import('./commands/scheme.ts')).registerScheme(program);
  // It has to know all the others, and so is none of those that are loaded alone.
  if (isForAll) (await import('./commands/completion.ts')).registerCompletion(program);
}

/** Options without a command are those of `serve`. */
function withCommand(args: readonly string[]): string[] {
  const [first = '-'] = args;
  const isForProgram = ['--help', '-h', '--version', '-V'].includes(first);
  return first.startsWith('-') && !isForProgram ? ['serve', ...args] : [...args];
}

function version(): string {
  return (JSON.parse(packageText()) as { version: string }).version;
}

function sayVersion(): void {
  process.stdout.write(`${version()}\n`);
}

/** Removes variables that are not meant for this program from the environment, with a warning each. Runs before any command. */
function passOverForeign(): void {
  for (const { name, sentence } of foreignVariables(process.env)) {
    delete process.env[name];
    process.stderr.write(`mtproto2json: warning: ${sentence}\n`);
  }
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** The exit code of an error. Prints the sentences of ours; commander has printed its own. */
function exitCode(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    return error.code === 'commander.error' ? error.exitCode : 2;
  }
  const sentences = hasSentences(error) ? error.sentences : [errorText(error)];
  for (const sentence of sentences) process.stderr.write(`mtproto2json: ${sentence}\n`);
  return hasSentences(error) ? 2 : 1;
}

/** A ConfigError, without loading `config.ts` for it. */
function hasSentences(error: unknown): error is { readonly sentences: readonly string[] } {
  return error instanceof Error && error.name === 'ConfigError' && 'sentences' in error;
}
