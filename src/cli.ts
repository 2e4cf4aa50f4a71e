/**
 * The program's entry: looks at the version of Node, then runs the command line.
 * In: arguments. Out: the command's work, or one sentence and exit 2. Never: loads the rest on a Node that cannot run it.
 */
import { nodeComplaint, packageText } from './node-check.ts';

/** Runs a command line in this process, whose exit code says how it went. @param args without node and script */
export async function main(args: readonly string[]): Promise<void> {
  const { engines } = JSON.parse(packageText()) as { engines: { node: string } };
  const complaint = nodeComplaint(process.versions.node, engines.node);
  if (complaint === undefined) {
    const { run } = await import('./command-line.ts');
    await run(args);
  } else {
    process.stderr.write(`${complaint}\n`);
    process.exitCode = 2;
  }
}
