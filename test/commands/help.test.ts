/** `--help` of every command: its width, and the options of `serve` in groups. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Command } from 'commander';
import { registerBench } from '../../src/commands/bench.ts';
import { registerCall } from '../../src/commands/call.ts';
import { registerCompletion } from '../../src/commands/completion.ts';
import { registerDc } from '../../src/commands/dc.ts';
import { registerDemo } from '../../src/commands/demo.ts';
import { registerDoctor } from '../../src/commands/doctor.ts';
import { narrowHelp } from '../../src/commands/narrow-help.ts';
import { registerRepl } from '../../src/commands/repl.ts';
import { registerScheme } from '../../src/commands/scheme.ts';
import { registerServe } from '../../src/commands/serve.ts';
import { registerSessions } from '../../src/commands/sessions.ts';
import { registerSignin } from '../../src/commands/signin.ts';
import { DEMO_OPTIONS, flagName, OPTION_GROUPS } from '../../src/config/options.ts';
import { Run } from '../support/process.ts';

const program = narrowHelp(new Command('mtproto2json'));
for (const register of [registerServe, registerDemo, registerDc, registerCall, registerRepl, registerSignin])
  register(program);
for (const register of [registerSessions, registerScheme, registerDoctor, registerBench, registerCompletion])
  register(program);

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** All that `--help` prints, with what stands behind the options. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  return text;
}

test('the help of every command fits 80 columns', () => {
  for (const command of everyCommand(program))
    for (const line of helpOf(command).split('\n'))
      assert.ok(line.length <= 80, `${command.name()}: ${line.length} columns: ${line}`);
});

test('serve and demo have their options in groups; --state is the demo’s, its data centre nobody’s', () => {
  const help = (name: string): string => helpOf(program.commands.find((one) => one.name() === name)!);
  const serve = help('serve');
  for (const { title, options } of OPTION_GROUPS) {
    const isDemos = options === DEMO_OPTIONS;
    assert.equal(serve.includes(`\n${title}:\n`), !isDemos);
    const from = serve.indexOf(`\n${title}:\n`);
    const group = serve.slice(from, serve.indexOf('\n\n', from));
    for (const { name } of options) assert.equal(group.includes(`\n  --${flagName(name)} `), !isDemos, name);
  }
  assert.match(help('demo'), /^ {2}--state <DIR>/m);
  assert.doesNotMatch(help('demo'), /^ {2}--(?:dc|test)\b/m);
  assert.doesNotMatch(help('doctor'), /--state/);
});

test('the built program has that layout', async (t) => {
  const run = new Run(t, ['serve', '--help']);
  assert.equal(await run.code(), 0);
  assert.match(run.out, /\n {2}--log-level <fatal\|error\|warn\|info\|debug\|trace\|silent>\n {30}lowest level/);
});
